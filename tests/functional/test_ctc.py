from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional import ctc
from tests.functional.sequences import cost_and_posterior, softmax

LABELS = [[1, 2, 2], [3], []]


def target() -> ctc.Sequences:
    rows = [row + [0] * (3 - len(row)) for row in LABELS]
    return ctc.Sequences(torch.tensor(rows), torch.tensor([len(row) for row in LABELS]))


@pytest.mark.parametrize("merge", [True, False])
@pytest.mark.parametrize("by_recurrence", [True, False])
def test_costs_and_gradients_agree_with_forward_and_backward_variables(merge, by_recurrence):
    scores = np.random.default_rng(1).standard_normal((6, 3, 4))
    steps = [6, 4, 5]
    leaf = torch.from_numpy(scores).requires_grad_()
    cost = (ctc._by_recurrence if by_recurrence else ctc.costs)(
        leaf.log_softmax(2), torch.tensor(steps), target(), 0, merge
    )
    cost.sum().backward()
    for n, labels in enumerate(LABELS):
        p = softmax(scores[: steps[n], n])
        want, posterior = cost_and_posterior(p, labels, 0, merge)
        assert cost[n].item() == pytest.approx(want)
        np.testing.assert_allclose(leaf.grad[: steps[n], n].numpy(), p - posterior, atol=1e-9)
        assert not leaf.grad[steps[n] :, n].any()


def test_costs_of_what_cannot_be_are_infinite_and_of_no_steps_zero():
    log = torch.full((2, 2, 3), 1 / 3).log()
    repeated = ctc.Sequences(torch.tensor([[1, 1], [1, 0]]), torch.tensor([2, 1]))
    assert ctc.costs(log, torch.tensor([2, 0]), repeated, 0).tolist() == [float("inf"), 0]
    assert ctc._by_recurrence(log, torch.tensor([2, 2]), repeated, 0, True)[0].isinf()


def test_kept_moves_labels_to_the_begin():
    found = ctc.kept(torch.tensor([[5, 6, 7], [8, 9, 1]]), torch.tensor([[0, 1, 1], [0, 0, 0]]).bool())
    assert found.labels.tolist() == [[6, 7, 0], [0, 0, 0]]
    assert found.lengths.tolist() == [2, 0]


def test_best_labels_drop_blanks_and_repetitions_inside_their_steps():
    best = torch.tensor([[1, 1, 0, 1, 2, 2], [2, 2, 2, 1, 1, 1]])
    scores = torch.nn.functional.one_hot(best, 3).float()
    found = ctc.best_labels(scores, torch.tensor([5, 3]), 0)
    assert [row[:n].tolist() for row, n in zip(found.labels, found.lengths, strict=True)] == [[1, 1, 2], [2]]
    every = ctc.best_labels(scores, torch.tensor([5, 3]), 0, merge=False)
    assert every.lengths.tolist() == [4, 3]


def test_same_compares_rows_of_any_width():
    one = ctc.Sequences(torch.tensor([[1, 2, 0], [1, 0, 0], [1, 2, 0]]), torch.tensor([2, 1, 2]))
    other = ctc.Sequences(torch.tensor([[1, 2], [1, 2], [2, 1]]), torch.tensor([2, 2, 2]))
    assert ctc.same(one, other).tolist() == [True, False, False]


def test_steps_until_the_next_begin():
    indicators = torch.tensor([[0.0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]])
    assert ctc.steps_until(indicators).tolist() == [2, 1, 4]


def test_check_blank_counts_from_the_last_below_0():
    assert ctc.check_blank(-1, 5, "f") == 4
    assert ctc.check_blank(2, 5, "f") == 2
    with pytest.raises(LayerFault, match="blank label 5 of 5"):
        ctc.check_blank(5, 5, "f")
