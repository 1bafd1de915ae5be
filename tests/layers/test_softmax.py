from __future__ import annotations

from math import log

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault


def test_rows_become_probabilities(make):
    layer = make('type: "Softmax"', (2, 3))
    y = layer(torch.tensor([[0.0, log(2), log(5)], [7.0, 7.0, 7.0]]))
    torch.testing.assert_close(y, torch.tensor([[1 / 8, 2 / 8, 5 / 8], [1 / 3, 1 / 3, 1 / 3]]))


def test_axis(make):
    x = torch.tensor([[0.0, 0.0], [log(3), 0.0]])
    y = make('type: "Softmax" softmax_param { axis: 0 }', (2, 2))(x)
    torch.testing.assert_close(y, torch.tensor([[0.25, 0.5], [0.75, 0.5]]))
    last = make('type: "Softmax" softmax_param { axis: -1 }', (2, 2))(x)
    torch.testing.assert_close(last[1], torch.tensor([0.75, 0.25]))


def test_large_scores_stay_finite(make):
    y = make('type: "Softmax"', (1, 2))(torch.tensor([[1e4, 0.0]]))
    assert y.tolist() == [[1.0, 0.0]]


def test_gradient(make):
    x = torch.randn(3, 4, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(make('type: "Softmax"', (3, 4, 2)), (x,))


def test_axis_out_of_range_is_an_error(shapes):
    assert shapes('type: "Softmax"', (4, 5)) == [(4, 5)]
    with pytest.raises(LayerFault, match="axis 1 of a blob with 1 axes"):
        shapes('type: "Softmax"', (4,))
