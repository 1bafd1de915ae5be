from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import DataError, LayerFault


def test_items_are_selected_by_index(make):
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
    y = make('type: "BatchReindex"', (3, 2), (4,))(x, torch.tensor([2.0, 0.0, 2.0, 2.0]))
    y.sum().backward()
    assert y.tolist() == [[5.0, 6.0], [1.0, 2.0], [5.0, 6.0], [5.0, 6.0]]
    assert x.grad.tolist() == [[1.0, 1.0], [0.0, 0.0], [3.0, 3.0]]


def test_gradient(make):
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    layer = make('type: "BatchReindex"', (3, 2, 2), (2,))
    assert gradcheck(lambda x: layer(x, torch.tensor([1.0, 1.0])), (x,))


def test_shapes_and_index_range_are_checked(make, shapes):
    assert shapes('type: "BatchReindex"', (3, 2), (7,)) == [(7, 2)]
    with pytest.raises(LayerFault, match=r"item numbers of shape \(7, 1\); expected one axis"):
        shapes('type: "BatchReindex"', (3, 2), (7, 1))
    with pytest.raises(LayerFault, match=r"expected \(N, ...\)"):
        shapes('type: "BatchReindex"', (), (7,))
    layer = make('type: "BatchReindex"', (3, 2), (1,))
    with pytest.raises(DataError, match="layer 'l': item number 3 is out of range; 0 to 2 exist"):
        layer(torch.zeros(3, 2), torch.tensor([3.0]))
