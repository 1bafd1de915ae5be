import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 4 } } }
layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 3 dim: 4 } } }
layer { name: "l" type: "CosineSimilarity" bottom: "x" bottom: "y" top: "a"
  cosine_similarity_param { eps: 0.1 } }
layer { name: "m" type: "CosineSimilarity" bottom: "x" bottom: "y" top: "b"
  cosine_similarity_param { mean: true } }
layer { name: "n" type: "CosineSimilarity" bottom: "x" bottom: "y" top: "c" top: "d" }
"""
X = torch.tensor([[3.0, 4.0], [1.0, 0.0], [1.0, 1.0]])
Y = torch.tensor([[4.0, 3.0], [0.0, 2.0], [-2.0, -2.0]])
SHAPES = ((3, 2), (3, 2))


def test_cosine_between_0_and_1(make):
    layer = make('type: "CosineSimilarity" cosine_similarity_param { eps: 5 }', *SHAPES)
    # 24 / (25 + 5), 0 / 7, -4 / (4 + 5)
    torch.testing.assert_close(layer(X, Y), torch.tensor([[0.9], [0.5], [0.5 - 2 / 9]]))


def test_two_tops_are_the_cosine_and_zeros(make):
    cosine, other = make('type: "CosineSimilarity" top: "a" top: "b"', *SHAPES)(X, Y)
    torch.testing.assert_close(cosine, torch.tensor([0.96, 0, -1]).reshape(3, 1, 1, 1))
    assert not other.any()
    assert other.shape == (3, 1, 1, 1)


def test_mean_is_that_of_the_cosines(make):
    layer = make('type: "CosineSimilarity" cosine_similarity_param { mean: true }', *SHAPES)
    assert layer(X, Y).item() == pytest.approx(-0.04 / 3, abs=1e-6)


def test_vector_of_zeros_has_a_finite_gradient(make):
    layer = make('type: "CosineSimilarity" cosine_similarity_param { eps: 0.5 }', (1, 2), (1, 2))
    x = torch.zeros(1, 2, requires_grad=True)
    layer(x, torch.tensor([[3.0, 4.0]])).sum().backward()
    # that of 0.5 x y / eps
    torch.testing.assert_close(x.grad, torch.tensor([[3.0, 4.0]]))


def test_config_that_fits_two_forks_is_refused(shapes):
    with pytest.raises(LayerFault, match="compute different tops") as caught:
        shapes("CosineSimilarity", *SHAPES)
    assert "mean: true" in str(caught.value.hint)
    with pytest.raises(LayerFault, match="both must be"):
        shapes('type: "CosineSimilarity" cosine_similarity_param { }', (3, 2), (3, 4))
