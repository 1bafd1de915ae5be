"""Fields of tests, displays, scores and averaged params."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import ConfigError
from layerzoo.snapshot import read_snapshot
from tests.solver.fields.solvers import (
    SGD,
    lines,
    solver,
    solver_with,
    when_tested,
)


def test_field_test_iter() -> None:
    s = solver(SGD + "test_iter: 2 test_interval: 1")
    s.test()
    assert (s.tests.testers[0].cursor, s.tests.testers[0].iterations) == (2, 2)


def test_field_test_interval(caplog: pytest.LogCaptureFixture) -> None:
    assert when_tested(lines(caplog, solver(SGD + "test_interval: 3"), 7)) == [0, 3, 6]
    assert when_tested(lines(caplog, solver(SGD), 7)) == []
    with pytest.raises(ConfigError, match="test_iter is given, but test_interval is not given"):
        solver(SGD + "test_iter: 1")


def test_field_test_initialization(caplog: pytest.LogCaptureFixture) -> None:
    assert when_tested(lines(caplog, solver(SGD + "test_interval: 3 test_initialization: false"), 7)) == [
        3,
        6,
    ]


def test_field_test_compute_loss(caplog: pytest.LogCaptureFixture) -> None:
    log = lines(caplog, solver(SGD + "test_interval: 1 test_compute_loss: true"), 1)
    loss = next(line for line in log if line.startswith("Test loss: ")).removeprefix("Test loss: ")
    assert f"    Test net output #1: l = {loss} (* 1 = {loss} loss)" in log
    assert not [line for line in lines(caplog, solver(SGD + "test_interval: 1"), 1) if "Test loss" in line]


def test_field_display(caplog: pytest.LogCaptureFixture) -> None:
    log = lines(caplog, solver(SGD + "display: 3"), 7)
    assert [line for line in log if line.endswith(", lr = 0.1")] == [
        f"Iteration {at}, lr = 0.1" for at in (0, 3, 6)
    ]
    assert not lines(caplog, solver(SGD), 7)


def test_field_average_loss() -> None:
    s = solver(SGD + "average_loss: 2")
    seen = []
    for _ in range(3):
        s.step(1)
        seen.append(float(s.run.train.losses[-1]))
    assert s.loss == pytest.approx(sum(seen[-2:]) / 2)


def trained_for(steps: int) -> torch.Tensor:
    """The first weights after some iterations."""
    s = solver(SGD)
    s.step(steps)
    return s.net.learnable[0]


def test_field_ema_param() -> None:
    """The mean by hand; tests and what is published use it, training doesn't."""
    s = solver(SGD + "test_interval: 100 test_initialization: false ema_param { decay: 0.5 ramp: false }")
    mean = s.net.learnable[0].detach().clone()
    for _ in range(3):
        s.step(1)
        mean = 0.5 * mean + 0.5 * s.net.learnable[0].detach()
    assert s.run.average is not None
    torch.testing.assert_close(s.run.average.means[0], mean)
    assert torch.equal(s.net.learnable[0], trained_for(3)), "training is the same"
    scores = s.test()[0].loss
    with s.run.average.in_place():
        by_hand = solver_with(s).test()[0].loss
    assert scores == pytest.approx(by_hand, rel=1e-6)
    assert scores != pytest.approx(solver_with(s).test()[0].loss, rel=1e-6)
    path = s.snapshot()
    assert path is not None
    assert read_snapshot(path).publish_means
    assert (path / "means.safetensors").is_file()


def test_field_plateau_param() -> None:
    text = 'base_lr: 0.1 lr_policy: "plateau" gamma: 0.5 test_interval: 1'
    s = solver(text + " plateau_param { patience: 1 threshold: 9 }")
    s.step(4)
    assert s.lr == pytest.approx(0.1 * 0.5**3), "three tests after the first, none ten times as good"
    s = solver(text + " plateau_param { patience: 2 threshold: 9 }")
    s.step(4)
    assert s.lr == pytest.approx(0.1 * 0.5)


@pytest.mark.parametrize(
    ("text", "output", "higher"),
    [
        ("", "acc", True),
        ('score_param { output: "l" }', "l", False),
        ('score_param { output: "l" better: HIGHER }', "l", True),
        ("score_param { better: LOWER }", "acc", False),
    ],
)
def test_field_score_param(text: str, output: str, higher: bool) -> None:
    s = solver(f"{SGD} test_interval: 2 {text}")
    assert s.scoring.score is not None
    assert (s.scoring.score.output, s.scoring.score.higher_is_better) == (output, higher)
    scores = []
    for _ in range(3):
        s.step(2)
        scores.append(s.scores[0].values[output][0])  # type: ignore[union-attr]
    assert s.scoring.score.best == (max(scores) if higher else min(scores))
    assert s.scoring.score.last == scores[-1]
    assert s.scoring.score.best_iteration in (0, 2, 4)
