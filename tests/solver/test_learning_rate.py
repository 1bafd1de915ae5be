"""The learning rate of a run."""

from __future__ import annotations

from collections import deque

import pytest
import torch

from layerzoo.schema import SolverParameter
from layerzoo.solver.learning_rate import LearningRate


def plateau() -> SolverParameter:
    param = SolverParameter(base_lr=0.5, lr_policy="plateau", gamma=0.1)
    param.plateau_param.patience = 1
    return param


def test_rate_by_iteration() -> None:
    rate = LearningRate(SolverParameter(base_lr=0.5, lr_policy="step", gamma=0.1, stepsize=10))
    assert [rate(iteration) for iteration in (0, 9, 10)] == pytest.approx([0.5, 0.5, 0.05])


def test_during_an_iteration_a_plateau_follows_the_averaged_loss() -> None:
    param = SolverParameter(base_lr=0.5, lr_policy="plateau", gamma=0.1, plateau_winsize=[2])
    rate, losses = LearningRate(param), deque([torch.tensor(3.0)], maxlen=2)
    given = []
    for iteration, loss in enumerate((1.0, 3.0, 9.0, 0.0)):  # means 2, 2, 6, 4.5
        follow = rate.during(iteration, losses)
        assert callable(follow)
        given.append(follow(torch.tensor(loss)))
        losses.append(torch.tensor(loss))
    assert given == pytest.approx([0.5, 0.5, 0.05, 0.05])
    assert LearningRate(SolverParameter(base_lr=0.5, lr_policy="fixed")).during(7, losses) == 0.5


def test_follow_takes_another_config() -> None:
    rate = LearningRate(SolverParameter(base_lr=0.5, lr_policy="fixed"))
    rate.follow(SolverParameter(base_lr=0.25, lr_policy="fixed"))
    assert rate(3) == 0.25


def test_state_dict_is_the_policys() -> None:
    rate, resumed = LearningRate(plateau()), LearningRate(plateau())
    for score in (0.5, 0.5):
        rate.policy.observe(score, higher_is_better=True)
    assert rate(2) == pytest.approx(0.05)
    resumed.load_state_dict(rate.state_dict())
    assert resumed(2) == pytest.approx(0.05)
