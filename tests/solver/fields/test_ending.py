"""Fields that end training or set its length."""

from __future__ import annotations

import re

import pytest

from layerzoo.errors import ConfigError
from layerzoo.snapshot import list_snapshots
from tests.solver.fields.solvers import (
    LBFGS,
    NET,
    SGD,
    lines,
    solver,
    when_tested,
)


def test_field_max_iter() -> None:
    s = solver(SGD + "max_iter: 3")
    s.solve()
    assert s.iteration == 3
    with pytest.raises(ConfigError, match="max_iter is not given"):
        solver(SGD).solve()


def test_field_early_stopping_param(caplog: pytest.LogCaptureFixture) -> None:
    text = "max_iter: 100 test_interval: 2 early_stopping_param { patience: 3 min_delta: 1 min_iter: 8 }"
    s = solver(SGD + text)
    log = lines(caplog, s)
    assert s.iteration == 8, "three tests without gain at 6 already, but not before 8"
    why = next(line for line in log if line.endswith("Training ends."))
    assert re.fullmatch(r"Iteration 8: acc was not better than 0\.\d+ by more than 1 in 4 tests\. .*", why)
    assert log[-1] == "Optimization Done."
    assert (s.run.train.done, s.run.train.stopping) == (True, False)
    assert when_tested(log) == [0, 2, 4, 6, 8]


def test_field_max_epoch() -> None:
    s = solver(SGD + "max_epoch: 2.5", NET.replace("360", "100"))
    s.solve()
    assert s.iteration == 9, "2.5 passes of 360 are 9 batches of 100"
    assert solver(SGD + "max_epoch: 2.5 max_iter: 4", NET.replace("360", "100")).param.max_iter == 4
    assert solver(SGD + "max_epoch: 2 iter_size: 2", NET.replace("360", "90")).param.max_iter == 4
    assert solver('base_lr: 1 lr_policy: "poly" power: 1 max_epoch: 5').run.lr(4) == pytest.approx(0.2)


def test_field_test_epoch(caplog: pytest.LogCaptureFixture) -> None:
    s = solver(SGD + "test_epoch: 0.5 test_interval: 100", NET.replace("360", "90"))
    assert when_tested(lines(caplog, s, 5)) == [0, 2, 4]


def test_field_max_time(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    now = iter(range(1000))
    monkeypatch.setattr("layerzoo.solver.loop.time.monotonic", lambda: next(now))
    s = solver(SGD + "max_iter: 100 max_time: 5 snapshot_after_train: false test_interval: 50")
    log = lines(caplog, s)
    assert s.iteration == 5
    assert any("5 seconds has passed. Training ends." in line for line in log)
    assert [at for at, _ in list_snapshots("r.run")] == [5]
    assert when_tested(log) == [0, 5], "the result is tested"


def test_line_search_at_a_minimum_ends_training(caplog: pytest.LogCaptureFixture) -> None:
    net = NET.replace("size: 4 ", "size: 2 ").replace('type: "ReLU"', 'type: "TanH"')
    s = solver(LBFGS + "max_iter: 3000 weight_decay: 0.1", net)
    log = lines(caplog, s)
    assert 1 < s.iteration < 3000
    assert any("the params are at a minimum. Training ends." in line for line in log)
    assert [at for at, _ in list_snapshots("r.run")] == [s.iteration]
