from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault

X = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def test_copies_are_adjacent_along_axis(make):
    y = make('type: "Tile" tile_param { tiles: 2 }', (2, 2))(X)
    assert y.tolist() == [[1.0, 2.0, 1.0, 2.0], [3.0, 4.0, 3.0, 4.0]]
    y = make('type: "Tile" tile_param { axis: 0 tiles: 2 }', (2, 2))(X)
    assert y.tolist() == [[1.0, 2.0], [3.0, 4.0], [1.0, 2.0], [3.0, 4.0]]


def test_gradient(make):
    x = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(make('type: "Tile" tile_param { axis: -2 tiles: 3 }', (2, 3, 2)), (x,))


def test_shapes(shapes):
    assert shapes('type: "Tile" tile_param { tiles: 3 }', (2, 4, 5)) == [(2, 12, 5)]
    with pytest.raises(LayerFault, match="tiles is 0; it must be at least 1"):
        shapes('type: "Tile"', (2, 4))
