from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter


def shapes(*given, tops=1):
    param = LayerParameter(type="Input", top=[f"t{i}" for i in range(tops)])
    for shape in given:
        param.input_param.shape.add(dim=shape)
    return LAYERS["Input"].top_shapes(param, [])


def test_shape_is_shared_or_per_top():
    assert shapes((2, 3)) == [(2, 3)]
    assert shapes((2, 3), tops=2) == [(2, 3), (2, 3)]
    assert shapes((2, 3), (4,), tops=2) == [(2, 3), (4,)]
    assert shapes(()) == [()]
    assert shapes() == [], "open until a pass"


def test_tops_are_the_supplied_tensors(make):
    layer = make("Input", top=["a"], input_param={"shape": [{"dim": [2]}]})
    x = torch.ones(3)
    assert layer(x) is x
    assert layer(x, x) == (x, x)


@pytest.mark.parametrize(
    ("given", "tops", "message"),
    [
        ([(1,), (2,)], 3, "2 shapes for 3 tops"),
        ([(2, 0)], 1, r"a shape of \(2, 0\): each axis must be at least 1"),
        ([(-1,)], 1, "each axis must be at least 1"),
    ],
)
def test_invalid_shapes_are_errors(given, tops, message):
    with pytest.raises(LayerFault, match=message) as caught:
        shapes(*given, tops=tops)
    assert caught.value.field == "input_param.shape"
