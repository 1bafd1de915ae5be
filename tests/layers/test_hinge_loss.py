from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import DataError, LayerFault

SCORES = torch.tensor([[0.5, -2.0, 0.0], [1.0, 3.0, -0.5]])
LABELS = torch.tensor([0.0, 1.0])
# Margin violations: 0.5, 0 and 1 in item 0; 2, 0 and 0.5 in item 1.

EXAMPLE = """
layer { name: "in" type: "Input" top: "x" top: "w" input_param { shape { dim: 3 dim: 4 } shape { dim: 3 } } }
layer { name: "label" type: "ArgMax" bottom: "x" top: "label" argmax_param { axis: 1 } }
layer { name: "plain" type: "HingeLoss" bottom: "x" bottom: "label" top: "plain" }
layer { name: "weighted" type: "HingeLoss" bottom: "x" bottom: "label" bottom: "w" top: "weighted" }
"""


def test_l1_loss_and_gradient(make):
    x = SCORES.clone().requires_grad_()
    loss = make('type: "HingeLoss"', (2, 3), (2,))(x, LABELS)
    loss.backward()
    assert loss.item() == (0.5 + 1 + 2 + 0.5) / 2
    assert x.grad.tolist() == [[-0.5, 0.0, 0.5], [0.5, 0.0, 0.5]]


def test_l2_loss_and_gradient(make):
    x = SCORES.clone().requires_grad_()
    loss = make('type: "HingeLoss" hinge_loss_param { norm: L2 }', (2, 3), (2,))(x, LABELS)
    loss.backward()
    assert loss.item() == (0.25 + 1 + 4 + 0.25) / 2
    assert x.grad.tolist() == [[-0.5, 0.0, 1.0], [2.0, 0.0, 0.5]]


@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_gradient(make, norm):
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    layer = make('type: "HingeLoss" hinge_loss_param { norm: ' + norm + " }", (4, 3), (4,))
    assert gradcheck(lambda x: layer(x, torch.tensor([0.0, 1, 2, 0])), (x,))


def test_labels_are_checked(make, shapes):
    assert shapes('type: "HingeLoss"', (2, 3, 1, 1), (2,)) == [()]
    with pytest.raises(DataError, match="label 3 is out of range; 0 to 2 exist"):
        make('type: "HingeLoss"', (2, 3), (2,))(SCORES, torch.tensor([0.0, 3.0]))
    with pytest.raises(LayerFault, match="6 labels of shape"):
        shapes('type: "HingeLoss"', (2, 3), (2, 3))


@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_weights_multiply_the_losses_of_items_and_the_divisor_stays(make, norm):
    x, labels = torch.randn(2, 3), torch.tensor([2.0, 0])
    text = f'type: "HingeLoss" hinge_loss_param {{ norm: {norm} }}'
    one, other = (make(text, (1, 3), (1,))(x[i : i + 1], labels[i : i + 1]) for i in range(2))
    value = make(text, (2, 3), (2,), (2,))(x, labels, torch.tensor([3.0, 0.5]))
    torch.testing.assert_close(value, (3 * one + 0.5 * other) / 2)


def test_weights_of_another_number_are_an_error(shapes):
    with pytest.raises(LayerFault, match="3 weights"):
        shapes("HingeLoss", (2, 2), (2,), (3,))
