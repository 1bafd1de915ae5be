"""Spreading against the windows themselves, place by place."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from layerzoo.functional.pool import ave_pool
from layerzoo.functional.spreading import averaged, cut, factors_by_axis, tiled, tiles
from layerzoo.functional.window import Window

CASES = [  # window, sizes of the pooling's bottom, whether the number of windows is rounded up
    (Window((2, 2), (2, 2), (0, 0), (1, 1)), (4, 6), True),
    (Window((2, 2), (2, 2), (0, 0), (1, 1)), (5, 7), True),
    (Window((2, 2), (2, 2), (0, 0), (1, 1)), (5, 7), False),
    (Window((3, 3), (2, 2), (0, 0), (1, 1)), (7, 8), True),
    (Window((3, 2), (2, 1), (1, 0), (1, 1)), (6, 5), True),
    (Window((2, 1), (3, 2), (1, 0), (1, 1)), (7, 4), True),
    (Window((3,), (1,), (1,), (1,)), (5,), True),
    (Window((3, 2, 2), (2, 2, 1), (1, 1, 0), (1, 1, 1)), (4, 3, 3), True),
    (Window((3, 3), (2, 2), (1, 0), (1, 1), (0, 2)), (6, 5), True),
]
cases = pytest.mark.parametrize(("window", "sizes", "ceil"), CASES)


def values(window, sizes, ceil):
    x = torch.rand(2, 2, *window.pooled(sizes, ceil), dtype=torch.float64) + 0.5
    places = [
        [range(at * s - p, at * s - p + k) for at in range(count)]
        for count, s, p, k in zip(x.shape[2:], window.stride, window.pad, window.kernel, strict=True)
    ]
    return x, places


@cases
@pytest.mark.parametrize("whole", [True, False])
def test_each_window_is_filled_in_order(window, sizes, ceil, whole):
    x, places = values(window, sizes, ceil)
    expected = torch.zeros(2, 2, *sizes, dtype=torch.float64)
    for at in product(*(range(len(one)) for one in places)):  # later windows overwrite
        ranges = [places[axis][i] for axis, i in enumerate(at)]
        for place in product(*(r if whole else r[:1] for r in ranges)):
            if all(0 <= i < size for i, size in zip(place, sizes, strict=True)):
                expected[(..., *place)] = x[(..., *at)]
    top = x
    for numbers in tiles(window, sizes, whole):
        top = tiled(top, *numbers)
    assert torch.equal(top, expected)


@cases
@pytest.mark.parametrize("with_pad", [True, False])
def test_averaged_is_the_gradient_of_average_pooling(window, sizes, ceil, with_pad):
    x, _ = values(window, sizes, ceil)
    image = torch.zeros(2, 2, *sizes, dtype=torch.float64, requires_grad=True)
    ave_pool(image, window, ceil, with_pad).backward(x)
    torch.testing.assert_close(averaged(x, window, sizes, with_pad), image.grad)


def test_factors_are_given_for_windows_that_the_image_cuts():
    window = Window((3, 2), (2, 2), (0, 0), (1, 1))
    assert list(factors_by_axis(window, (2, 2), (4, 4), True)) == [(0, (1, 1.5))]


def test_cut_adds_zeros_behind():
    assert cut(torch.tensor([1, 2, 3]), 0, 1, 4).tolist() == [2, 3, 0, 0]
    assert cut(torch.tensor([1, 2, 3]), 0, 0, 2).tolist() == [1, 2]
    assert cut(torch.tensor([1]), 0, 3, 2).tolist() == [0, 0]
