"""The parts of the multi-box loss, by hand; the recordings of SSD's fork cover their combination."""

from __future__ import annotations

from math import exp, log

import pytest
import torch

from layerzoo.functional.boxes import Code
from layerzoo.functional.multibox import (
    Matching,
    Truth,
    class_losses,
    limited,
    location_losses,
    matched,
    shifted_logistic_loss,
)
from layerzoo.functional.predictions import Predictions

PRIORS = torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0], [0.6, 0.6, 1.2, 1.0]])
TRUTH = Truth(
    torch.tensor([0, 0, 1]),
    torch.tensor([2, 1, 1]),
    torch.tensor([[0.0, 0.0, 0.5, 0.4], [0.5, 0.5, 1.0, 1.0], [0.5, 0.4, 1.0, 1.0]]),
    torch.tensor([True, True, False]),
)


def predictions(classes: int = 3, kinds: int = 1, numbers: float = 0.0) -> Predictions:
    prior = torch.stack((PRIORS.flatten(), torch.full((12,), 0.5))).unsqueeze(0)
    loc = torch.full((2, 3 * kinds * 4), numbers, requires_grad=True)
    return Predictions(loc, torch.zeros(2, 3 * classes), prior, classes)


def how(code: Code = "CORNER", in_target=False, by_prior=True, threshold=0.3, leave_out=False) -> Matching:
    return Matching(code, in_target, by_prior, threshold, leave_out)


def test_matched_priors_have_label_and_box_of_their_match() -> None:
    found = matched(predictions(), TRUTH, 3, how())
    assert found.found.tolist() == [[[True, True, True]], [[False, False, False]]]
    assert found.label[0, 0].tolist() == [2, 1, 1]
    torch.testing.assert_close(found.box[0, 0, 0], TRUTH.box[0])
    torch.testing.assert_close(found.overlap[0, 0], torch.tensor([0.8, 1, 0.16 / (0.25 + 0.24 - 0.16)]))
    assert found.has_truth.tolist() == [True, False]
    assert matched(predictions(), TRUTH, 3, how(threshold=None)).found[0].tolist() == [[True, True, False]]


def test_matched_leaves_out_what_reaches_outside() -> None:
    found = matched(predictions(), TRUTH, 3, how(leave_out=True))
    assert found.found[0].tolist() == [[True, True, False]]
    assert found.open[0].tolist() == [[False, False, False]]


def test_matched_predictions_of_a_class_only_match_its_boxes() -> None:
    found = matched(predictions(kinds=3), TRUTH, 3, how(by_prior=False))
    assert found.found.shape == (2, 3, 3)
    assert found.found[0].tolist() == [[False] * 3, [False, True, True], [True, False, False]]


@pytest.mark.parametrize(("absolute", "expected"), [(True, 1.5), (False, 2.0)])
def test_location_losses_are_those_of_matched_predictions(absolute: bool, expected: float) -> None:
    predicted = predictions(numbers=2.0)
    found = matched(predicted, TRUTH, 3, how())
    losses = location_losses(predicted, found, how(), absolute, False)
    # the second prior is its box: each number is off by 2
    torch.testing.assert_close(losses[0, 0, 1], torch.tensor(4 * expected))
    assert losses[1].tolist() == [[0, 0, 0]]


def test_location_losses_inside_only_leave_coordinates_out() -> None:
    predicted = predictions(numbers=2.0)
    found = matched(predicted, TRUTH, 3, how())
    every, inside = (location_losses(predicted, found, how(), True, flag)[0, 0] for flag in (False, True))
    torch.testing.assert_close(inside[:2], every[:2])
    # xmax of the third prior is 1.2; the loss of that number: 2 - (1 - 1.2) / 0.5 - 0.5
    torch.testing.assert_close(every[2] - inside[2], torch.tensor(1.9))


def test_location_losses_in_target_leave_the_variance_out_of_the_gradient() -> None:
    predicted = predictions(numbers=0.2)
    found = matched(predicted, TRUTH, 3, how(in_target=True))
    losses = location_losses(predicted, found, how(in_target=True), True, False)
    torch.testing.assert_close(losses[0, 0, 1], torch.tensor(4 * 0.4**2 / 2))
    (gradient,) = torch.autograd.grad(losses[0, 0, 1], predicted.boxes)
    torch.testing.assert_close(gradient[0, 0, 1], torch.full((4,), 0.4))


def test_class_losses() -> None:
    scores, labels = torch.tensor([[[0.0, 1.0], [3.0, 0.0]]]), torch.tensor([[1, 1]])
    expected = torch.tensor([[log(1 + exp(-1)), log(1 + exp(3))]])
    torch.testing.assert_close(class_losses(scores, labels, False), expected)
    logistic = torch.tensor([[log(2) + log(1 + exp(-1)), log(1 + exp(3)) + log(2)]])
    torch.testing.assert_close(class_losses(scores, labels, True), logistic)
    # a target of 2 adds the score times -2
    torch.testing.assert_close(
        class_losses(scores, labels, True, 2.0), logistic - torch.tensor([[0.0, 2 * 3.0]])
    )


def test_shifted_logistic_loss_puts_targets_of_later_images_where_the_fork_does() -> None:
    predicted = predictions()
    found = matched(predicted, TRUTH._replace(valid=torch.ones(3, dtype=torch.bool)), 3, how(threshold=None))
    scores = torch.zeros(2, 3, 3, requires_grad=True)
    shifted_logistic_loss(scores, found, 0.0).backward()
    assert scores.grad is not None
    # image 0: prior 0 has label 2, prior 1 label 1; image 1: prior 1 has label 1, at 3 + 3 + 1
    assert (scores.grad.flatten() < 0).nonzero().flatten().tolist() == [2, 4, 7]


def test_limited_losses_have_no_gradient() -> None:
    losses = torch.tensor([1.0, 100.0], requires_grad=True)
    assert limited(losses).tolist() == pytest.approx([1, 87.33654])
    assert not limited(losses).requires_grad
