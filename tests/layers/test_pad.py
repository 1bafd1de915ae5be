from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

MODES = {"CONSTANT": "constant", "REFLECT": "reflect", "REPLICATE": "edge", "CIRCULAR": "wrap"}
EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 2 dim: 3 dim: 4 } data_filler { type: "uniform" min: -1 max: 1 } }
}
""" + "".join(
    f"""
layer {{
  name: "{mode}" type: "Pad" bottom: "x" top: "{mode}"
  pad_param {{ pad_begin: 1 pad_end: [2, 0] mode: {mode} }}
}}"""
    for mode in MODES
)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("fields", "widths"),
    [
        ({"pad_begin": [1], "pad_end": [2]}, [(0, 0), (0, 0), (1, 2), (1, 2)]),
        ({"pad_begin": [2, 0]}, [(0, 0), (0, 0), (2, 0), (0, 0)]),
        ({"axis": 0, "pad_begin": [1, 0, 0, 3], "pad_end": [0, 1, 0, 1]}, [(1, 0), (0, 1), (0, 0), (3, 1)]),
        ({"axis": -1, "pad_end": [3]}, [(0, 0), (0, 0), (0, 0), (0, 3)]),
    ],
)
def test_modes_as_in_numpy(make, mode, fields, widths):
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    more = {"constant_values": -1.5} if mode == "CONSTANT" else {}
    given = {**fields, "mode": mode, **({"value": -1.5} if more else {})}
    received = make("Pad", x.shape, pad_param=given)(torch.from_numpy(x))
    np.testing.assert_array_equal(received.numpy(), np.pad(x, widths, MODES[mode], **more))


def test_gradient_of_an_element_is_the_sum_over_its_copies(make):
    x = torch.tensor([[[1.0, 2, 3]]], requires_grad=True)
    top = make("Pad", (1, 1, 3), pad_param={"pad_begin": [2], "pad_end": [1], "mode": "REFLECT"})(x)
    assert top.tolist() == [[[3, 2, 1, 2, 3, 2]]]
    (top * torch.tensor([1.0, 10, 100, 1000, 1e4, 1e5])).sum().backward()
    assert x.grad.tolist() == [[[100, 101010, 10001]]]


@pytest.mark.parametrize(
    ("fields", "message", "field"),
    [
        ({"pad_begin": [3], "mode": "REFLECT"}, "pad_begin 3 of axis 2 of size 3", "pad_begin"),
        ({"pad_end": [0, 5], "mode": "CIRCULAR"}, "pad_end 5 of axis 3 of size 4", "pad_end"),
        ({"pad_end": [1, 1, 1]}, "pad_end has 3 numbers", "pad_end"),
        ({"value": 1, "mode": "REPLICATE"}, "value 1 with mode REPLICATE", "value"),
        ({"axis": 4}, "axis 4 of a blob with 4 axes", "axis"),
    ],
)
def test_settings_without_meaning_are_refused(shapes, fields, message, field):
    with pytest.raises(LayerFault, match=message) as caught:
        shapes("Pad", (1, 2, 3, 4), pad_param=fields)
    assert caught.value.field == f"pad_param.{field}"


@pytest.mark.parametrize("mode", MODES)
def test_python_source_agrees(tmp_path, mode):
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 2 dim: 3 dim: 4 }} }} }}
    layer {{ name: "y" type: "Pad" bottom: "x" top: "y"
      pad_param {{ axis: 1 pad_begin: 1 pad_end: [0, 2, 1] mode: {mode} }} }}
    """
    assert export_python(Net(parse_net(text).message, "TEST"), tmp_path / "net.py") == 0
