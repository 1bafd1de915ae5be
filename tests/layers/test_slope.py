from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


def test_two_channels_tell_row_and_column(make):
    x = torch.ones(2, 1, 2, 4)
    y = make("Slope", (2, 1, 2, 4))(x)
    assert y.shape == (2, 3, 2, 4)
    assert torch.equal(y[:, :1], x)
    assert y[1, 1].tolist() == [[0] * 4, [0.5] * 4]
    assert y[1, 2].tolist() == [[0, 0.25, 0.5, 0.75]] * 2


def test_bottom_is_an_image(shapes):
    with pytest.raises(LayerFault, match=r"expected \(N, C, H, W\)"):
        shapes("Slope", (2, 3))
