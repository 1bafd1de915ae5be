from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault

A, B = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0]])


def test_bottoms_are_joined_along_axis(make):
    assert make('type: "Concat"', (1, 2), (1, 1))(A, B).tolist() == [[1.0, 2.0, 3.0]]
    y = make('type: "Concat" concat_param { axis: 0 }', (1, 2), (1, 2))(A, A + 2)
    assert y.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    y = make('type: "Concat" concat_param { concat_dim: 0 }', (1, 2), (1, 2))(A, A + 2)
    assert y.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_gradient(make):
    a, b = (torch.randn(2, n, 3, dtype=torch.float64, requires_grad=True) for n in (2, 1))
    assert gradcheck(make('type: "Concat" concat_param { axis: -2 }', (2, 2, 3), (2, 1, 3)), (a, b))


def test_shapes(shapes):
    assert shapes('type: "Concat"', (2, 3, 4), (2, 1, 4), (2, 5, 4)) == [(2, 9, 4)]
    with pytest.raises(
        LayerFault, match=r"\(2, 3, 4\) and \(2, 3, 5\); they may only differ along axis 1"
    ) as e:
        shapes('type: "Concat"', (2, 3, 4), (2, 3, 5))
    assert e.value.bottom == 1
    with pytest.raises(LayerFault, match="may only differ along axis 1"):
        shapes('type: "Concat"', (2, 3), (2, 3, 1))
    with pytest.raises(LayerFault, match="axis and concat_dim are both given"):
        shapes('type: "Concat" concat_param { axis: 1 concat_dim: 1 }', (2, 3))
