"""The learning rate range test."""

from __future__ import annotations

from math import log10
from pathlib import Path

import pytest
import torch

from layerzoo.errors import NonFiniteError, UsageError
from layerzoo.loader import load_solver
from layerzoo.solver import Solver
from layerzoo.solver.trials.find_lr import RangeTest, find_lr


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solver(*overrides: str) -> Solver:
    return Solver(load_solver("configs/mlp_solver.yaml", ("solver_mode=CPU", "random_seed=3", *overrides)))


def test_find_lr_suggests_a_rate_that_trains(in_folder: Path) -> None:
    s = solver()
    before = [t.detach().clone() for t in (*s.net.learnable, *s.run.rule.history)]
    found = find_lr(s, 1e-5, 100, 80)
    assert found.ended
    assert found.rates[-1] < 100
    assert found.suggestion is not None
    assert 1e-3 < found.suggestion < 0.2
    assert found.suggestion <= found.lowest / 10
    after = [*s.net.learnable, *s.run.rule.history]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert s.engine.guard is not None
    assert s.iteration == 0
    assert not list(in_folder.iterdir())


def test_find_lr_restores_the_loss_scale() -> None:
    s = solver("precision=FP16")
    found = find_lr(s, 1e-4, 1, 20)
    assert len(found.rates) >= 10
    assert s.engine.scale is not None
    assert s.engine.scale.state_dict() == {"value": 65536, "good": 0}


def test_find_lr_raises_the_rate_by_a_constant_factor() -> None:
    found = find_lr(solver(), 1e-6, 1e-4, 11)
    assert not found.ended
    assert found.rates == pytest.approx([10 ** (-6 + 0.2 * i) for i in range(11)])


def by_hand(losses: list[float]) -> RangeTest:
    found = RangeTest()
    for index, loss in enumerate(losses):
        found.note(10.0**index, loss)
    return found


def test_range_test_smoothed_steepest_and_lowest() -> None:
    found = by_hand([5, 5, 5, 5, 4, 2, 0.9, 0.9, 0.5, 0.5, 6, 9])
    assert found.smoothed == [5, 5, 5, 5, 4, 2, 0.9, 0.9, 0.5, 0.5, 6, 7.5], "medians of three"
    assert found.steepest == 1e5, "from 4 to 0.9 around it; 5 to 2 before"
    assert found.lowest == 1e8
    assert found.suggestion == 1e5


def noisy(fall_at: float | None, seed: int) -> RangeTest:
    """A flat loss with noise, which falls from a rate on, if it falls, and diverges at 3."""
    generator = torch.Generator().manual_seed(seed)
    found = RangeTest()
    for index in range(100):
        rate = 10 ** (-6 + 7 * index / 99)
        loss = 2.3 + 0.1 * float(torch.randn((), generator=generator))
        if fall_at is not None and rate > fall_at:
            loss -= 1.0 * min(1.0, log10(rate / fall_at))
        found.note(rate, loss + (0 if rate < 3 else 3 * rate))
        if found.ended:
            break
    return found


@pytest.mark.parametrize("seed", range(20))
def test_range_test_suggestion_lies_in_the_fall_not_in_the_noise(seed: int) -> None:
    assert 0.0008 < (noisy(0.001, seed).suggestion or 0) < 0.3
    nothing = noisy(None, seed)
    assert nothing.suggestion is nothing.steepest is None


def test_range_test_ends_when_the_loss_diverges() -> None:
    found = by_hand([1.0] * 10 + [100.0])
    assert found.ended == "the loss is 4 times its lowest"
    found.note(1e9, float("inf"))
    assert found.ended == "the loss is not finite"
    assert len(found.rates) == 11


def test_first_losses_of_small_batches_end_nothing() -> None:
    found = RangeTest()
    for index, loss in enumerate([0.1, 1.6, *[0.8, 1.1] * 10]):
        found.note(1e-6 * 2**index, loss)
    assert not found.ended, "0.1 was low by chance"
    for index in range(30):
        found.note(10.0 * 2**index, 9.0)
    assert found.ended == "the loss is 4 times its lowest"


@pytest.mark.parametrize(("low", "high", "iterations"), [(1, 1, 50), (0, 1, 50), (1e-3, 1, 9)])
def test_find_lr_refuses_an_invalid_range(low: float, high: float, iterations: int) -> None:
    with pytest.raises(UsageError, match="needs 0 < low < high and 10 iterations or more"):
        find_lr(solver(), low, high, iterations)


def test_find_lr_of_a_net_that_is_not_finite_from_the_start() -> None:
    s = solver()
    s.net.learnable[0].data.fill_(float("nan"))
    with pytest.raises(NonFiniteError, match="after 0 iterations the loss is not finite"):
        find_lr(s)
