from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


def test_enlarging_interpolates_and_darkens_the_last_row_and_column(make):
    x = torch.tensor([[[[0.0, 4.0], [8.0, 12.0]]]], requires_grad=True)
    y = make("Resize", (1, 1, 2, 2), resize_param={"height": 4, "width": 4})(x)
    # half-way after the last pixel the missing neighbour counts as 0
    expected = [[0, 2, 4, 2], [4, 6, 8, 4], [8, 10, 12, 6], [4, 5, 6, 3]]
    assert y[0, 0].tolist() == expected
    y.sum().backward()
    assert x.grad[0, 0].tolist() == [[2.25, 3], [3, 4]]


def test_shrinking_takes_the_place_of_each_pixel(make):
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    y = make("Resize", (1, 1, 4, 4), resize_param={"height": 2, "width": 2})(x)
    assert y[0, 0].tolist() == [[0, 2], [8, 10]]


def test_pyramid_rounds_down(shapes):
    param = {"is_pyramid_test": True, "out_height_scale": 1.6, "out_width_scale": 0.5}
    assert shapes("Resize", (1, 2, 5, 7), resize_param=param) == [(1, 2, 8, 3)]


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ({"height": 2}, "width is missing"),
        ({"is_pyramid_test": True, "height": 2, "width": 2}, "out_height_scale is missing"),
        ({"height": 0, "width": 2}, "height 0 gives no image"),
        ({"is_pyramid_test": True, "out_height_scale": float("nan"), "out_width_scale": 1}, "nan gives no"),
    ],
)
def test_mistakes(shapes, param, message):
    with pytest.raises(LayerFault, match=message):
        shapes("Resize", (1, 1, 4, 4), resize_param=param)
