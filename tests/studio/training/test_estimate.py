"""The check of a training."""

from __future__ import annotations

from pathlib import Path

from layerzoo.studio.routing.record import read
from layerzoo.studio.training.commands import Checked
from layerzoo.studio.training.estimate import estimate
from tests.studio.training.solvers import write_solver


def test_a_solver_that_is_right(tmp_path: Path) -> None:
    found = read(Checked, estimate(str(write_solver(tmp_path)), []))
    assert found.problems == []
    assert found.max_iter == 100
    assert found.memory > 0
    assert found.device == "cpu"


def test_faults_name_the_field_of_the_form(tmp_path: Path) -> None:
    found = read(Checked, estimate(str(write_solver(tmp_path)), ["base_lr=fast", "stepsize=0"]))
    assert {one.field for one in found.problems} >= {"base_lr"}
    assert all(one.text for one in found.problems)


def test_a_solver_that_is_missing(tmp_path: Path) -> None:
    found = read(Checked, estimate(str(tmp_path / "missing.yaml"), []))
    assert len(found.problems) == 1
    assert "missing.yaml" in found.problems[0].text
