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
        ([(-2,)], 1, "each axis must be at least 1"),
    ],
)
def test_invalid_shapes_are_errors(given, tops, message):
    with pytest.raises(LayerFault, match=message) as caught:
        shapes(*given, tops=tops)
    assert caught.value.field == "input_param.shape"


def named(shape, *axes):
    param = LayerParameter(type="Input", top=["t", "u"])
    param.input_param.shape.add(dim=shape)
    param.input_param.axes.extend(axes)
    return param


def test_axis_of_any_size_has_a_size_to_compute_with():
    assert shapes((-1, -1, 8)) == [(1, 64, 8)]
    assert LAYERS["Input"].input_axes(named((-1, 3, -1))) == [["?t.0", "", "?t.2"], ["?u.0", "", "?u.2"]]
    assert LAYERS["Input"].input_axes(named((4, 3))) == [["", ""], ["", ""]]


def test_named_axes_are_those_of_any_size():
    param = named((-1, 256, 8), "N T _")
    assert LAYERS["Input"].input_axes(param) == [["N", "T", ""]] * 2
    assert LAYERS["Input"].top_shapes(param, []) == [(1, 256, 8)] * 2


@pytest.mark.parametrize(
    ("shape", "axes", "message"),
    [
        ((2, 3), ["N"], "1 names of axes for the shape"),
        ((2, -1), ["N _"], "an axis of -1 in .* has no name"),
        ((2, 3), ["N _", "N _", "N _"], "3 axes for 2 tops"),
        ((2, -2), [], "at least 1, or -1 for any size"),
    ],
)
def test_wrong_axes_are_refused(shape, axes, message):
    with pytest.raises(LayerFault, match=message):
        LAYERS["Input"].top_shapes(named(shape, *axes), [])
