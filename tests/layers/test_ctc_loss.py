from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault
from tests.functional.sequences import cost_and_posterior, softmax

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 2 dim: 3 } } }
layer { name: "cont" type: "DummyData" top: "cont" dummy_data_param { shape { dim: 4 dim: 2 }
  data_filler { type: "constant" value: 1 } } }
layer { name: "label" type: "DummyData" top: "label" dummy_data_param { shape { dim: 2 dim: 2 }
  data_filler { type: "constant" value: 1 } } }
layer { name: "l" type: "CTCLoss" bottom: "x" bottom: "cont" bottom: "label" top: "loss" }
layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 2 dim: 3 dim: 4 } } }
layer { name: "m" type: "CTCLoss" bottom: "y" bottom: "label" top: "loss2"
  ctc_param { nct_axis: 0 nct_axis: 1 } }
"""
SCORES = np.random.default_rng(3).standard_normal((6, 2, 4))
CONT = torch.tensor([[0.0, 1, 1, 1, 0, 1], [0, 1, 1, 1, 1, 1]]).T


def reference(p, sequences, steps, blank, merge=True):
    """Costs, and gradients of their sum with respect to scores."""
    total, gradient = 0.0, np.zeros_like(p)
    for n, labels in enumerate(sequences):
        cost, posterior = cost_and_posterior(p[: steps[n], n], labels, blank, merge)
        total += cost
        gradient[: steps[n], n] = p[: steps[n], n] - posterior
    return total, gradient


@pytest.mark.parametrize("fields", [{}, {"ctc_merge_repeated": False}, {"blank_index": 0}])
def test_in_order_of_time_the_gradient_is_of_the_sum_whatever_the_loss_weight_is(make, fields):
    leaf = torch.from_numpy(SCORES).requires_grad_()
    labels = torch.tensor([[1.0, 1.0, -1.0], [2.0, 3.0, 1.0]]).T  # the label C - 1 ends a sequence
    text = 'type: "CTCLoss" loss_weight: 0.5 bottom: "a" bottom: "b" bottom: "c"'
    layer = make(text, (6, 2, 4), (6, 2), (3, 2), ctc_loss_param=fields).double()
    loss = layer(leaf, CONT, labels)
    (0.5 * loss).backward()
    blank = fields.get("blank_index", 3)
    total, gradient = reference(
        softmax(SCORES), ([1, 1], [2]), (4, 6), blank, fields.get("ctc_merge_repeated", True)
    )
    assert loss.item() == pytest.approx(total / 2)
    np.testing.assert_allclose(leaf.grad.numpy(), gradient, atol=1e-9)


def test_output_delay_and_collapsed_labels(make):
    leaf = torch.from_numpy(SCORES).requires_grad_()
    labels = torch.tensor([[1.0, 1.0, 2.0], [2.0, 2.0, -1.0]]).T
    fields = {"output_delay": 1, "preprocess_collapse_repeated": True}
    text = 'type: "CTCLoss" bottom: "a" bottom: "b" bottom: "c"'
    loss = make(text, (6, 2, 4), (6, 2), (3, 2), ctc_loss_param=fields)(leaf, CONT, labels)
    loss.backward()
    total, gradient = reference(softmax(SCORES)[1:], ([1, 2], [2]), (3, 5), 3)
    assert loss.item() == pytest.approx(total / 2)
    np.testing.assert_allclose(leaf.grad[1:].numpy(), gradient, atol=1e-9)
    assert not leaf.grad[0].any()


def test_in_any_order_the_gradient_is_divided_by_steps(make):
    leaf = torch.from_numpy(SCORES.transpose(1, 2, 0).copy()).requires_grad_()
    loss = make('type: "CTCLoss" bottom: "a" bottom: "b"', (2, 4, 6), (2, 3))(
        leaf, torch.tensor([[1.0, 2.0, -1.0], [0.0, -1.0, 2.0]])
    )
    (3 * loss).backward()
    total, gradient = reference(softmax(SCORES), ([1, 2], [0]), (6, 6), 3)
    assert loss.item() == pytest.approx(total / 2)
    np.testing.assert_allclose(leaf.grad.numpy(), 3 * gradient.transpose(1, 2, 0) / 12, atol=1e-9)


def test_indicators_of_the_other_fork_end_a_sequence_after_the_last_that_is_not_0(make):
    leaf = torch.from_numpy(SCORES).requires_grad_()
    cont = torch.tensor([[0.0, 1, 0, 1, 0, 0], [0, 1, 1, 1, 1, 1]]).T
    layer = make('type: "CTCLoss" ctc_param { blank_index: 0 }', (6, 2, 4), (6, 2), (2, 2))
    loss = layer(leaf, cont, torch.tensor([[1.0, -1.0], [2.0, 3.0]]).T)
    loss.backward()
    total, gradient = reference(softmax(SCORES), ([1], [2, 3]), (4, 6), 0)
    assert loss.item() == pytest.approx(total / 2)
    np.testing.assert_allclose(leaf.grad.numpy(), gradient / 10, atol=1e-9)


def test_probabilities_have_the_gradient_of_their_logarithm(make):
    p = softmax(SCORES)
    leaf = torch.from_numpy(p.transpose(1, 2, 0).copy()).requires_grad_()
    layer = make('type: "CTCLoss" ctc_param { already_softmax: true }', (2, 4, 6), (2, 1))
    loss = layer(leaf, torch.tensor([[1.0], [2.0]]))
    loss.backward()
    total, gradient = reference(p, ([1], [2]), (6, 6), 3)
    assert loss.item() == pytest.approx(total / 2)
    np.testing.assert_allclose(leaf.grad.numpy(), ((gradient - p) / p).transpose(1, 2, 0) / 12, atol=1e-9)


@pytest.mark.parametrize(
    ("text", "bottoms", "message"),
    [
        ("ctc_param {} ctc_loss_param {}", ((2, 4, 6), (2, 3)), "are of two forks"),
        ("", ((6, 2, 4), (6, 3), (3, 2)), r"indicators of shape \(6, 3\)"),
        ("", ((6, 2, 4), (6, 2), (2, 3)), r"expected \(L, N\)"),
        ("ctc_param { blank_index: 4 }", ((2, 4, 6), (2, 3)), "blank label 4 of 4"),
        ("ctc_loss_param { output_delay: 6 }", ((6, 2, 4), (6, 2), (3, 2)), "output_delay 6 for 6 steps"),
    ],
)
def test_mistakes(shapes, text, bottoms, message):
    names = " ".join(f'bottom: "{i}"' for i in range(len(bottoms)))
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "CTCLoss" {names} {text}', *bottoms)
