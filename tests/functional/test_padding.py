from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.functional.padding import border, extended, reflected, replicated, wrapped

X = torch.arange(12.0).reshape(3, 4)


def test_border_has_the_last_axis_first():
    assert border((1, 3), (2, 4)) == (3, 4, 1, 2)


def test_extended():
    top = extended(X, (0, 1), (1, 0), 7)
    np.testing.assert_array_equal(top, np.pad(X, ((0, 1), (1, 0)), constant_values=7))


@pytest.mark.parametrize(
    ("function", "mode"), [(reflected, "reflect"), (replicated, "edge"), (wrapped, "wrap")]
)
@pytest.mark.parametrize(("begin", "end"), [(0, 1), (2, 0), (2, 2)])
@pytest.mark.parametrize("axis", [0, 1])
def test_each_mode_as_in_numpy(function, mode, begin, end, axis):
    widths = [(0, 0), (0, 0)]
    widths[axis] = (begin, end)
    np.testing.assert_array_equal(function(X, axis, begin, end), np.pad(X, widths, mode))
