"""The progress of a run."""

from __future__ import annotations

import math

import pytest
import torch

from layerzoo.solver.train_state import TrainState


def state(window: int = 2) -> TrainState:
    return TrainState(window, torch.device("cpu"))


def test_loss_is_the_mean_over_the_window() -> None:
    s = state()
    assert math.isnan(s.loss), "no iteration yet"
    s.losses.extend(torch.tensor(value) for value in (8.0, 1.0, 2.0))
    assert s.loss == 1.5


@pytest.mark.parametrize("window", [0, 1])
def test_window_holds_one_loss_at_least(window: int) -> None:
    s = state(window)
    s.losses.extend(torch.tensor(value) for value in (1.0, 4.0))
    assert s.loss == 4.0


def test_ended_by_a_stop_or_by_the_loop_itself() -> None:
    s = state()
    assert not s.ended
    s.stopping = True
    assert s.ended
    s.stopping, s.done = False, True
    assert s.ended


def test_state_dict_is_restored() -> None:
    s, other = state(3), state(3)
    s.iteration, s.tested_at = 7, 6
    s.losses.extend(torch.tensor(value) for value in (0.5, 0.25))
    other.losses.append(torch.tensor(99.0))
    other.load_state_dict(s.state_dict())
    assert other.state_dict() == {"iteration": 7, "losses": [0.5, 0.25], "tested_at": 6}


def test_restart_forgets_losses_and_tests() -> None:
    s = state()
    s.losses.append(torch.tensor(1.0))
    s.tested_at = 4
    s.restart(4)
    assert s.state_dict() == {"iteration": 4, "losses": [], "tested_at": None}
