from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.export import export_python
from layerzoo.layers.permute import Permute
from layerzoo.loader import parse_net
from layerzoo.net import Net

NHWC = 'type: "Permute" permute_param { order: 0 order: 2 order: 3 order: 1 }'


def test_axes_have_the_given_order(make, shapes):
    assert shapes(NHWC, (2, 3, 4, 5)) == [(2, 4, 5, 3)]
    x = torch.arange(120.0).reshape(2, 3, 4, 5)
    y = make(NHWC, (2, 3, 4, 5))(x)
    assert y[1, 2, 3].tolist() == x[1, :, 2, 3].tolist()
    assert y.is_contiguous()


def test_axes_that_are_not_named_follow(shapes):
    assert shapes('type: "Permute" permute_param { order: 2 }', (2, 3, 4, 5)) == [(4, 2, 3, 5)]
    assert shapes('type: "Permute"', (2, 3)) == [(2, 3)]
    assert shapes('type: "Permute"', ()) == [()]


def test_only_an_order_that_changes_nothing_shares_memory():
    params = [parse_net(f"layer {{ {text} }}").message.layer[0] for text in (NHWC, 'type: "Permute"')]
    assert [Permute.shares_memory(param) for param in params] == [None, "in a pass"]


@pytest.mark.parametrize(
    ("order", "shape", "message"),
    [
        ("order: 4", (2, 3, 4, 5), "order names axis 4 of a bottom with 4 axes"),
        ("order: 0", (), "order names axis 0 of a bottom with 0 axes"),
        ("order: 1 order: 1", (2, 3), "order names axis 1 twice"),
    ],
)
def test_invalid_orders_are_errors(shapes, order, shape, message):
    with pytest.raises(LayerFault, match=message) as e:
        shapes(f'type: "Permute" permute_param {{ {order} }}', shape)
    assert e.value.field == "permute_param.order"
    assert e.value.hint


def test_python_source_agrees(tmp_path):
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 3 dim: 4 dim: 5 }} }} }}
    layer {{ name: "p" bottom: "x" top: "p" {NHWC} }}
    """
    assert export_python(Net(parse_net(text).message, "TEST"), tmp_path / "net.py") == 0
