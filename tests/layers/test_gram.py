from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


def test_products_of_channels(make):
    x = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    y = make("Gram", (1, 2, 1, 2))(x)
    assert y.shape == (1, 2, 2, 1)
    assert y[0, :, :, 0].tolist() == [[5 / 4, 11 / 4], [11 / 4, 25 / 4]]


def test_bottom_is_an_image(shapes):
    with pytest.raises(LayerFault, match=r"expected \(N, C, H, W\)"):
        shapes("Gram", (2, 3))
