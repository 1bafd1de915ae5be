from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault


def text(dims: list[int], more: str = "") -> str:
    shape = " ".join(f"dim: {dim}" for dim in dims)
    return f'type: "Reshape" reshape_param {{ shape {{ {shape} }} {more} }}'


@pytest.mark.parametrize(
    ("dims", "more", "top"),
    [
        ([0, -1], "", (2, 24)),
        ([0, 0, 3], "", (2, 8, 3)),
        ([-1, 2], "", (24, 2)),
        ([4, 12], "", (4, 12)),
        ([4, -1], "axis: 1 num_axes: 1", (2, 4, 2, 3)),
        ([1, -1], "axis: -2", (2, 8, 1, 3)),
        ([1], "num_axes: 0", (1, 2, 8, 3)),
        ([1, 1], "axis: -1 num_axes: 0", (2, 8, 3, 1, 1)),
        ([0, -1], "axis: 1", (2, 8, 3)),
    ],
)
def test_shapes(make, shapes, dims, more, top):
    assert shapes(text(dims, more), (2, 8, 3)) == [top]
    x = torch.arange(48.0).reshape(2, 8, 3)
    y = make(text(dims, more), (2, 8, 3))(x)
    assert y.shape == top
    assert y.flatten().equal(x.flatten())


def test_batch_size_may_change(make):
    layer = make(text([0, -1]), (2, 8, 3))
    assert layer(torch.zeros(5, 8, 3)).shape == (5, 24)
    merged = make(text([-1, 3]), (2, 8, 3))
    assert merged(torch.zeros(5, 8, 3)).shape == (40, 3)


def test_gradient(make):
    x = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(make(text([0, 2, -1]), (2, 4, 3)), (x,))


@pytest.mark.parametrize(
    ("dims", "more", "message"),
    [
        ([-1, -1], "", "more than one -1"),
        ([-2, 4], "", "more than one -1, or a number below it"),
        ([2, 8, 3, 0], "", "a 0 in dims .* has no axis to copy"),
        ([5, -1], "", "leave no whole number for the -1: 48 values by 5"),
        ([2, 25], "", r"dims \[2, 25\] make 50 values of 48, with a bottom of shape \(2, 8, 3\)"),
        ([-1], "axis: 4", "axis 4 of a bottom"),
        ([-1], "axis: -5", "axis -5 of a bottom"),
        ([-1], "axis: 1 num_axes: 3", "num_axes 3 from axis 1"),
        ([-1], "num_axes: -2", "num_axes -2 from axis 0"),
    ],
)
def test_faults(shapes, dims, more, message):
    with pytest.raises(LayerFault, match=message):
        shapes(text(dims, more), (2, 8, 3))
