"""Solvers whose tests and snapshots use other weights than those that train."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import SnapshotError
from layerzoo.optimizer.schedule_free import ScheduleFree
from layerzoo.snapshot import read_snapshot
from tests.solver.fields.solvers import SGD, solver, solver_with

TYPES = ["ScheduleFreeSGD", "ScheduleFreeAdamW"]


def text(type_name: str) -> str:
    return SGD.replace("0.1", "0.02") + f'type: "{type_name}" test_interval: 100 '


@pytest.mark.parametrize("type_name", TYPES)
def test_tests_use_the_mean_and_snapshots_keep_both(
    type_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    s = solver(text(type_name))
    s.step(5)
    rule, average = s.run.rule, s.run.average
    assert isinstance(rule, ScheduleFree)
    assert average is not None
    before = [p.detach().clone() for p in s.net.learnable]
    scores = s.test()[0].values
    other = solver_with(s)
    with torch.no_grad():
        for param, mean in zip(other.net.learnable, average.means, strict=True):
            param.copy_(mean)
    assert scores == other.test()[0].values
    assert all(map(torch.equal, before, s.net.learnable))

    path = s.snapshot()
    assert path is not None
    snapshot = read_snapshot(path)
    assert snapshot.publish_means
    assert torch.equal(snapshot.means["a"][0], average.means[0])
    assert torch.equal(snapshot.weights["a"][0], before[0])


@pytest.mark.parametrize("type_name", TYPES)
def test_resume_is_exact(type_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    whole, part, rest = (solver(text(type_name)) for _ in range(3))
    whole.step(6)
    part.step(3)
    path = part.snapshot()
    assert path is not None
    rest.run.restore(path)
    rest.step(3)
    assert all(map(torch.equal, rest.net.learnable, whole.net.learnable))
    assert whole.run.average is not None
    assert rest.run.average is not None
    assert all(map(torch.equal, rest.run.average.means, whole.run.average.means))


def test_caffes_files_are_refused(tmp_path: Path) -> None:
    s = solver(text("ScheduleFreeSGD"))
    s.step(1)
    with pytest.raises(SnapshotError, match="ScheduleFreeSGD tests other weights than it trains"):
        s.run.write_caffe(str(tmp_path / "r"))
    assert not list(tmp_path.iterdir())


def test_weights_that_are_loaded_before_training_are_where_it_begins() -> None:
    s = solver(text("ScheduleFreeSGD"))
    with torch.no_grad():
        for param in s.net.learnable:
            param.fill_(0.01)
    s.step(1)
    rule = s.run.rule
    assert isinstance(rule, ScheduleFree)
    assert all((origin - 0.01).abs().max() < 0.1 for origin in rule.history[:4])
