from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault

EXAMPLE = """
layer { name: "in" type: "Input" top: "a" top: "b" top: "w"
        input_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 3 } shape { dim: 2 } } }
layer { name: "plain" type: "EuclideanLoss" bottom: "a" bottom: "b" top: "plain" }
layer { name: "weighted" type: "EuclideanLoss" bottom: "a" bottom: "b" bottom: "w" top: "weighted" }
"""


def test_loss_is_half_the_mean_squared_distance_per_item(make):
    a = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    b = torch.tensor([[1.0, 0.0], [0.0, 0.0]], requires_grad=True)
    loss = make('type: "EuclideanLoss"', (2, 2), (2, 2))(a, b)
    loss.backward()
    assert loss.shape == ()
    assert loss.item() == (0 + 4 + 9 + 16) / 4
    assert a.grad.tolist() == [[0.0, 1.0], [1.5, 2.0]]
    assert b.grad.tolist() == [[0.0, -1.0], [-1.5, -2.0]]


def test_bottoms_may_differ_in_shape_with_equal_size(make, shapes):
    assert shapes('type: "EuclideanLoss"', (1, 2), (1, 2, 1)) == [()]
    layer = make('type: "EuclideanLoss"', (1, 2), (1, 2, 1))
    assert layer(torch.tensor([[1.0, 2.0]]), torch.tensor([[[2.0], [4.0]]])).item() == 2.5


def test_gradient(make):
    a, b = (torch.randn(3, 4, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert gradcheck(make('type: "EuclideanLoss"', (3, 4), (3, 4)), (a, b))


def test_shape_mismatch_is_an_error(shapes):
    with pytest.raises(LayerFault, match=r"shapes \(4, 3\) and \(4, 2\), so 3 and 2 values per item"):
        shapes('type: "EuclideanLoss"', (4, 3), (4, 2))
    with pytest.raises(LayerFault, match="first axes must be equal"):
        shapes('type: "EuclideanLoss"', (4, 3), (3, 4))


@pytest.mark.parametrize(
    ("weights", "spread"), [([3.0, 1], [[3, 3], [1, 1]]), ([[1.0, 0], [2, 5]], [[1, 0], [2, 5]])]
)
def test_weights_multiply_squares_and_the_divisor_stays(make, weights, spread):
    a, b, w = torch.randn(2, 2), torch.randn(2, 2), torch.tensor(weights)
    value = make("EuclideanLoss", (2, 2), (2, 2), tuple(w.shape))(a, b, w)
    torch.testing.assert_close(value, (torch.tensor(spread) * (a - b) ** 2).sum() / 4)


def test_weights_of_another_number_are_an_error(shapes):
    with pytest.raises(LayerFault, match="3 weights") as caught:
        shapes("EuclideanLoss", (2, 2), (2, 2), (3,))
    assert caught.value.bottom == 2
