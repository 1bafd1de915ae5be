from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


def test_channels_are_scaled_and_added(make):
    layer = make("Axpy", (1, 2, 1, 1), (1, 2, 1, 2), (1, 2, 1, 2))
    x = torch.tensor([1.0, 2, 3, 4]).view(1, 2, 1, 2)
    y = layer(torch.tensor([2.0, 10]).view(1, 2, 1, 1), x, torch.ones_like(x))
    assert y.flatten().tolist() == [3, 5, 31, 41]


@pytest.mark.parametrize("factors", [(2, 3, 2, 2), (2, 3, 1), (2, 4), (1, 3, 1, 1)])
def test_factors_of_another_shape_are_refused(shapes, factors):
    with pytest.raises(LayerFault, match="factors of shape"):
        shapes("Axpy", factors, (2, 3, 2, 2), (2, 3, 2, 2))


def test_blobs_of_different_shapes_are_refused(shapes):
    with pytest.raises(LayerFault, match="both must have the same shape"):
        shapes("Axpy", (2, 3), (2, 3, 2, 2), (2, 3, 2, 1))
