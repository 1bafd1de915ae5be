from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import DataError, LayerFault

TYPE = 'type: "Embed" embed_param { input_dim: 3 num_output: 2 '


def test_rows_are_selected_by_index(make):
    layer = make(TYPE + "}", (2, 2))
    layer.weight.data.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    layer.bias.data.copy_(torch.tensor([10.0, 20.0]))
    y = layer(torch.tensor([[0.0, 2.0], [2.0, 1.0]]))
    y.sum().backward()
    assert y.tolist() == [[[11.0, 22.0], [15.0, 26.0]], [[15.0, 26.0], [13.0, 24.0]]]
    assert layer.weight.grad.tolist() == [[1.0, 1.0], [1.0, 1.0], [2.0, 2.0]]
    assert layer.bias.grad.tolist() == [4.0, 4.0]


def test_bias_term_false_adds_no_bias(make):
    layer = make(TYPE + "bias_term: false }", (2,))
    assert [tuple(blob.shape) for blob in layer.blobs] == [(3, 2)]
    assert layer(torch.tensor([0.0, 1.0])).tolist() == [[0.0, 0.0]] * 2


def test_gradient(make):
    layer = make(TYPE + "}", (4,)).double()
    x = torch.tensor([2.0, 0.0, 2.0, 2.0])

    def embed(weight, bias):
        return torch.func.functional_call(layer, {"weight": weight, "bias": bias}, x)

    weight, bias = (torch.randn(*s, dtype=torch.float64, requires_grad=True) for s in ((3, 2), (2,)))
    assert gradcheck(embed, (weight, bias))


def test_shapes_and_index_range_are_checked(make, shapes):
    assert shapes(TYPE + "}", (4, 5)) == [(4, 5, 2)]
    with pytest.raises(DataError, match="input 3 is out of range; 0 to 2 exist"):
        make(TYPE + "}", (1,))(torch.tensor([3.0]))
    with pytest.raises(LayerFault, match="input_dim must be at least 1"):
        make('type: "Embed" embed_param { num_output: 2 }', (1,))
    with pytest.raises(LayerFault, match="num_output must be at least 1"):
        make('type: "Embed" embed_param { input_dim: 2 }', (1,))
