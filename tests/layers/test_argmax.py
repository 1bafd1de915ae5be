from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

X = torch.tensor([[3.0, 9.0, 5.0, 9.0], [8.0, 1.0, 2.0, 0.0]])


def test_last_of_equal_values_wins(make):
    y = make('type: "ArgMax"', (2, 4))(X)
    assert y.tolist() == [[[3.0]], [[0.0]]]
    assert y.dtype == torch.float32


def test_top_k_and_values(make):
    y = make('type: "ArgMax" argmax_param { top_k: 3 }', (2, 4))(X)
    assert y.tolist() == [[[3.0, 1.0, 2.0]], [[0.0, 2.0, 1.0]]]
    y = make('type: "ArgMax" argmax_param { top_k: 2 out_max_val: true }', (2, 4))(X)
    assert y.tolist() == [[[3.0, 1.0], [9.0, 9.0]], [[0.0, 2.0], [8.0, 2.0]]]


def test_axis(make):
    assert make('type: "ArgMax" argmax_param { axis: 0 }', (2, 4))(X).tolist() == [[1.0, 0.0, 0.0, 0.0]]
    y = make('type: "ArgMax" argmax_param { axis: -1 top_k: 2 out_max_val: true }', (2, 4))(X)
    assert y.tolist() == [[9.0, 9.0], [8.0, 2.0]]


def test_item_is_flattened_without_axis(make):
    y = make('type: "ArgMax"', (1, 2, 2, 2))(torch.arange(8.0).reshape(1, 2, 2, 2))
    assert y.shape == (1, 1, 1, 1)
    assert y.item() == 7


def test_one_axis_is_one_value_per_item(make):
    y = make('type: "ArgMax" argmax_param { out_max_val: true }', (2,))(torch.tensor([7.0, 8.0]))
    assert y.tolist() == [[[0.0], [7.0]], [[0.0], [8.0]]]


def test_top_requires_no_gradient(make):
    assert not make('type: "ArgMax"', (2, 4))(X.clone().requires_grad_()).requires_grad


def test_shapes(shapes):
    assert shapes('type: "ArgMax"', (2, 4)) == [(2, 1, 1)]
    assert shapes('type: "ArgMax" argmax_param { top_k: 5 out_max_val: true }', (2, 4, 3, 3)) == [
        (2, 2, 5, 1)
    ]
    assert shapes('type: "ArgMax" argmax_param { axis: 1 top_k: 2 }', (2, 4, 3)) == [(2, 2, 3)]
    with pytest.raises(LayerFault, match=r"top_k is 5.*has 4 values to choose from"):
        shapes('type: "ArgMax" argmax_param { top_k: 5 }', (2, 4))
    with pytest.raises(LayerFault, match="a bottom without axes"):
        shapes('type: "ArgMax"', ())
    with pytest.raises(LayerFault, match="top_k is 0"):
        shapes('type: "ArgMax" argmax_param { top_k: 0 }', (2, 4))
