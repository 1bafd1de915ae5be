from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from layerzoo.functional.spatial_source import SPATIAL_TRANSFORMER

_names: dict[str, Any] = {"torch": torch, "F": F}
exec(SPATIAL_TRANSFORMER, _names)
spatial_transformer = _names["spatial_transformer"]
IDENTITY = torch.tensor([[1.0, 0, 0, 0, 1, 0]])
FREE = [None] * 6


@pytest.mark.parametrize("grid", [0, 1, 2])
@pytest.mark.parametrize("x_first", [False, True])
def test_identity_leaves_the_image_as_it_is(grid, x_first):
    image = torch.randn(1, 2, 4, 3)
    top = spatial_transformer(image, IDENTITY, (4, 3), FREE, grid, x_first, False, True)
    torch.testing.assert_close(top, image)


def test_fixed_numbers_take_their_places_in_the_matrix():
    image = torch.randn(1, 2, 4, 3)
    fixed = [0.5, None, 0.0, None, 1.0, None]
    given, whole = torch.tensor([[0.1, 0.2, 0.3]]), torch.tensor([[0.5, 0.1, 0, 0.2, 1, 0.3]])
    one, other = (
        spatial_transformer(image, theta, (5, 5), numbers, 2, True, False, False)
        for theta, numbers in ((given, fixed), (whole, FREE))
    )
    torch.testing.assert_close(one, other)


def test_shift_by_one_pixel_has_zeros_or_the_border_outside():
    image = torch.tensor([[[[1.0, 2.0, 4.0]]]])
    theta = torch.tensor([[1.0, 0, 2 / 3, 0, 1, 0]])  # along the width, of three pixels
    for zeros, last in ((True, 0), (False, 4)):
        top = spatial_transformer(image, theta, (1, 3), FREE, 2, True, True, zeros)
        assert top.flatten().tolist() == [2, 4, last]
