from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.export import export_python
from layerzoo.functional.transforms import values_hidden
from layerzoo.loader import parse_net
from layerzoo.net import Net

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x" top: "i" top: "j"
  dummy_data_param {
    shape { dim: 2 dim: 4 dim: 3 } shape { dim: 2 dim: 2 } shape { dim: 5 }
    data_filler { type: "uniform" min: -1 max: 1 }
    data_filler { type: "values" values: [2, 0, 1, 1] } data_filler { type: "values" values: [2, 2, 0, 1, 2] }
  }
}
layer { name: "l" type: "Gather" bottom: "x" bottom: "i" top: "y" gather_param { batch_axes: 1 } }
layer { name: "last" type: "Gather" bottom: "x" bottom: "i" top: "z" gather_param { batch_axes: 1 axis: -1 } }
layer { name: "all" type: "Gather" bottom: "x" bottom: "j" top: "w" gather_param { axis: 2 } }
"""


def taken(x: np.ndarray, index: np.ndarray, axis: int, batch: int) -> np.ndarray:
    """The slices, one item of the batch axes at a time."""
    if not batch:
        return np.take(x, index, axis)
    return np.stack([taken(one, at, axis - 1, batch - 1) for one, at in zip(x, index, strict=True)])


def test_slices_by_hand(make):
    x = torch.tensor([[1.0, 2, 3], [4, 5, 6]])
    assert make("Gather", (2, 3), (3,))(x, torch.tensor([1.0, 0, 1])).tolist() == [
        [4, 5, 6],
        [1, 2, 3],
        [4, 5, 6],
    ]
    each = make("Gather", (2, 3), (2,), gather_param={"batch_axes": 1})
    assert each(x, torch.tensor([2.0, 0])).tolist() == [3, 4]


@pytest.mark.parametrize(
    ("index", "axis", "batch"),
    [
        ((), 0, 0),
        ((5,), 2, 0),
        ((2, 2), -1, 0),
        ((2,), 1, 1),
        ((2, 6), 1, 1),
        ((2, 6), 3, 1),
        ((2, 3), 2, 2),
        ((2, 3, 2, 2), 3, 2),
    ],
)
def test_slices_and_gradients_as_in_numpy(make, shapes, index, axis, batch):
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    at = torch.randint(0, x.shape[axis], index)
    layer = make("Gather", x.shape, index, gather_param={"axis": axis, "batch_axes": batch})
    top = layer(x, at.double())
    expected = taken(x.detach().numpy(), at.numpy(), axis % 4, batch)
    np.testing.assert_array_equal(top.detach().numpy(), expected)
    place = np.arange(x.numel()).reshape(x.shape)
    weight = torch.rand(top.shape, dtype=torch.float64)
    (top * weight).sum().backward()
    flat = np.zeros(x.numel())
    np.add.at(flat, taken(place, at.numpy(), axis % 4, batch), weight.numpy())
    np.testing.assert_allclose(x.grad.numpy().ravel(), flat)


def test_axis_is_the_first_after_the_batch_axes(shapes):
    assert shapes("Gather", (2, 3, 4), (5, 6)) == [(5, 6, 3, 4)]
    assert shapes("Gather", (2, 3, 4), (2, 6), gather_param={"batch_axes": 1}) == [(2, 6, 4)]


def test_index_out_of_range_is_an_error_of_the_data(make):
    layer = make("Gather", (2, 3), (2,), gather_param={"axis": 1})
    with pytest.raises(DataError, match="layer 'l': index 3 is out of range; 0 to 2 exist"):
        layer(torch.zeros(2, 3), torch.tensor([0.0, 3]))
    with pytest.raises(DataError, match="index -1 is out of range"):
        layer(torch.zeros(2, 3), torch.tensor([-1.0, 0]))


def test_index_out_of_range_is_reported_later_where_values_are_hidden(make):
    layer = make("Gather", (2, 3), (2,), gather_param={"axis": 1})
    with values_hidden():
        layer(torch.zeros(2, 3), torch.tensor([0.0, 3]))
    with pytest.raises(DataError, match="index 3 is out of range"):
        layer.check_labels()


@pytest.mark.parametrize(
    ("bottoms", "fields", "message", "field"),
    [
        (((2, 3), (4,)), {"batch_axes": 1}, "with 1 batch axes", None),
        (
            ((2, 3), (2,)),
            {"batch_axes": 1, "axis": 0},
            "axis 0 is one of the 1 batch axes",
            "gather_param.axis",
        ),
        (((2, 3), (2,)), {"axis": 2}, "axis 2 of a blob with 2 axes", "gather_param.axis"),
        (((2,), (2,)), {"batch_axes": 1}, "axis 1 of a blob with 1 axes", "gather_param.batch_axes"),
    ],
)
def test_axes_that_do_not_exist_are_refused(shapes, bottoms, fields, message, field):
    with pytest.raises(LayerFault, match=message) as caught:
        shapes("Gather", *bottoms, gather_param=fields)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("index", "fields"),
    [
        ("dim: 3 dim: 2", "axis: 1"),
        ("dim: 2", "batch_axes: 1"),
        ("dim: 2 dim: 2 dim: 3", "batch_axes: 1 axis: 2"),
    ],
)
def test_python_source_agrees(tmp_path, index, fields):
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 4 dim: 5 }} }} }}
    layer {{ name: "i" type: "Input" top: "i" input_param {{ shape {{ {index} }} }} }}
    layer {{ name: "y" type: "Gather" bottom: "x" bottom: "i" top: "y" gather_param {{ {fields} }} }}
    """
    net = Net(parse_net(text).message, "TEST")
    assert export_python(net, tmp_path / "net.py") == 0
    module = {"__name__": "exported", "__file__": str(tmp_path / "net.py")}
    exec((tmp_path / "net.py").read_text(), module)
    x, i = (
        torch.rand(2, 4, 5),
        torch.randint(0, 4, tuple(map(int, index.replace("dim: ", "").split()))).float(),
    )
    assert torch.equal(module["load"]()(x, i)["y"], net(x=x, i=i)["y"])
