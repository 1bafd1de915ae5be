import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 4 } } }
layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 3 dim: 4 } } }
layer { name: "l" type: "CosineSimilarity" bottom: "x" bottom: "y" top: "a"
  cosine_similarity_param { eps: 0.1 } }
layer { name: "m" type: "CosineSimilarity" bottom: "x" bottom: "y" top: "b"
  cosine_similarity_param { mean: true } }
layer { name: "o" type: "CosineSimilarity" bottom: "x" bottom: "y" top: "e"
  cosine_similarity_param { axis: 0 eps: 0.1 } }
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


def test_cosines_along_an_axis_agree_with_torch(make):
    x, y = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    for axis in (0, 1, 2, -1):
        layer = make(
            f'type: "CosineSimilarity" cosine_similarity_param {{ axis: {axis} }}', (2, 3, 4), (2, 3, 4)
        )
        torch.testing.assert_close(layer(x, y), torch.cosine_similarity(x, y, axis))
    text = 'type: "CosineSimilarity" cosine_similarity_param { axis: 2 mean: true }'
    torch.testing.assert_close(
        make(text, (2, 3, 4), (2, 3, 4))(x, y), torch.cosine_similarity(x, y, 2).mean()
    )


def test_one_key_is_compared_with_all_places_of_a_memory(make, shapes):
    """A batch of 2 with a memory of 5 places."""
    text = 'type: "CosineSimilarity" cosine_similarity_param { axis: -1 }'
    key, memory = torch.randn(2, 1, 4), torch.randn(2, 5, 4)
    assert shapes(text, (2, 1, 4), (2, 5, 4)) == [(2, 5)]
    value = make(text, (2, 1, 4), (2, 5, 4))(key, memory)
    torch.testing.assert_close(value, torch.cosine_similarity(key, memory, -1))


def test_wrong_axes_are_faults(shapes):
    text = 'type: "CosineSimilarity" cosine_similarity_param { axis: 1 }'
    for bottoms in (((2, 3), (2, 4)), ((2, 3), (3, 3)), ((2, 3), (2, 3, 1))):
        with pytest.raises(LayerFault, match="of one length along axis 1"):
            shapes(text, *bottoms)
    with pytest.raises(LayerFault, match="with axis there is one"):
        shapes(f'{text} top: "a" top: "b"', (2, 3), (2, 3))
    with pytest.raises(LayerFault, match="axis 1 of a blob with 1 axes"):
        shapes(text, (2,), (2,))
