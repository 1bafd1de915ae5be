from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


def test_all_channels_are_multiplied(make):
    layer = make("SpatialProduct", (1, 2, 1, 2), (1, 1, 1, 2))
    y = layer(torch.tensor([1.0, 2, 3, 4]).view(1, 2, 1, 2), torch.tensor([10.0, 100]).view(1, 1, 1, 2))
    assert y.flatten().tolist() == [10, 200, 30, 400]


def test_a_second_bottom_with_channels_is_refused(shapes):
    with pytest.raises(LayerFault, match="expected"):
        shapes("SpatialProduct", (1, 2, 1, 2), (1, 2, 1, 2))
