from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault

TWO = 'type: "Filter" top: "a" top: "b"'


def test_items_with_nonzero_selector_pass(make):
    a, b = torch.arange(6.0).reshape(3, 2), torch.tensor([7.0, 8.0, 9.0])
    x, y = make(TWO, (3, 2), (3,), (3, 1))(a, b, torch.tensor([[1.0], [0.0], [-0.5]]))
    assert x.tolist() == [[0.0, 1.0], [4.0, 5.0]]
    assert y.tolist() == [7.0, 9.0]


def test_top_is_empty_when_no_item_passes(make):
    assert make('type: "Filter" top: "a"', (3, 2), (3,))(torch.ones(3, 2), torch.zeros(3)).shape == (0, 2)


def test_gradient(make):
    a, b = (torch.randn(3, n, dtype=torch.float64, requires_grad=True) for n in (2, 4))
    layer = make(TWO, (3, 2), (3, 4), (3,))
    assert gradcheck(lambda a, b: layer(a, b, torch.tensor([1.0, 0.0, 1.0])), (a, b))


def test_shapes(shapes):
    assert shapes(TWO, (3, 2), (3, 4, 5), (3, 1)) == [(3, 2), (3, 4, 5)]
    with pytest.raises(LayerFault, match="2 tops for 2 bottoms"):
        shapes(TWO, (3, 2), (3,))
    with pytest.raises(LayerFault, match=r"a selector of shape \(3, 2\)"):
        shapes(TWO, (3, 2), (3, 2), (3, 2))
    with pytest.raises(LayerFault, match="their first axes must be equal") as e:
        shapes(TWO, (3, 2), (4, 2), (3,))
    assert e.value.bottom == 1


def test_shapes_follow_selector_values(make):
    a, b = torch.ones(3, 2), torch.ones(3, 4, 5)
    assert make(TWO, (3, 2), (3, 4, 5), (3, 1)).shapes_for([a, b, torch.tensor([[0.0], [2.0], [0.0]])]) == [
        (1, 2),
        (1, 4, 5),
    ]
