import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "l" type: "NormalizedInnerProduct" bottom: "x" top: "y" top: "w"
  inner_product_param { num_output: 4 weight_filler { type: "gaussian" } } }
layer { name: "m" type: "NormalizedInnerProduct" bottom: "x" top: "z"
  normalized_inner_product_param { normalize: false }
  inner_product_param { num_output: 2 transpose: true bias_term: false weight_filler { type: "gaussian" } } }
"""
FIELDS = "inner_product_param { num_output: 2 bias_term: false"


def test_weights_have_length_1_and_the_gradient_of_divided_weights(make):
    layer = make(f'type: "NormalizedInnerProduct" {FIELDS} }}', (1, 2))
    layer.weight.data.copy_(torch.tensor([[3.0, 4.0], [0.0, 2.0]]))
    x = torch.tensor([[10.0, 5.0]])
    y = layer(x)
    torch.testing.assert_close(y, torch.tensor([[10.0, 5.0]]), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(layer.weight.data, torch.tensor([[0.6, 0.8], [0.0, 1.0]]))
    y.backward(torch.tensor([[1.0, 2.0]]))
    assert layer.weight.grad.tolist() == [[10, 5], [20, 10]]


def test_second_top_is_the_weights_and_its_gradient_adds(make):
    layer = make(f'type: "NormalizedInnerProduct" top: "y" top: "w" {FIELDS} }}', (1, 2))
    layer.weight.data.copy_(torch.tensor([[3.0, 4.0], [0.0, 2.0]]))
    y, weights = layer(torch.tensor([[10.0, 5.0]]))
    torch.testing.assert_close(weights, torch.tensor([[0.6, 0.8], [0.0, 1.0]]))
    torch.autograd.backward([y, weights], [torch.ones(1, 2), torch.tensor([[1.0, 0.0], [0.0, -1.0]])])
    assert layer.weight.grad.tolist() == [[11, 5], [10, 4]]


def test_normalize_can_be_off(make):
    text = f'type: "NormalizedInnerProduct" normalized_inner_product_param {{ normalize: false }} {FIELDS} }}'
    layer = make(text, (1, 2))
    layer.weight.data.copy_(torch.tensor([[3.0, 4.0], [0.0, 2.0]]))
    assert layer(torch.tensor([[10.0, 5.0]])).tolist() == [[50, 10]]
    assert layer.weight.tolist() == [[3, 4], [0, 2]]
    assert layer.surrogate_gradient(layer.param) is None


def test_transposed_weights_are_divided_by_parts_of_their_memory(make):
    """As in the fork: 2 rows of 3 numbers, whatever the shape (3, 2)."""
    layer = make(f'type: "NormalizedInnerProduct" {FIELDS} transpose: true }}', (1, 3))
    layer.weight.data.copy_(torch.tensor([[3.0, 4.0], [0.0, 0.0], [0.0, 2.0]]))
    layer(torch.ones(1, 3))
    torch.testing.assert_close(layer.weight.data, torch.tensor([[0.6, 0.8], [0.0, 0.0], [0.0, 1.0]]))


def test_num_output_is_required(shapes):
    with pytest.raises(LayerFault, match="num_output must be at least 1"):
        shapes("NormalizedInnerProduct", (1, 2))
