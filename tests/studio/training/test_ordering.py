"""From a wish to a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.training.ordering import Training, loaded
from layerzoo.studio.training.wish import Wish
from tests.studio.training.solvers import write_solver


def test_a_training_is_a_command_with_its_settings(tmp_path: Path) -> None:
    solver = write_solver(tmp_path / "tiny")
    training = Training(Wish("tiny/solver.yaml", values={"base_lr": "0.2"}), solver, tmp_path)
    order = training.order("ann")
    assert order.command == [
        "train", "-solver", "tiny/solver.yaml",
        "-set", "base_lr=0.2", "-set", "snapshot_prefix=tiny/runs/tiny",
    ]  # fmt: skip
    assert (order.run, order.kind, order.user, order.resumable) == ("tiny/runs/tiny", "train", "ann", True)


def test_several_values_are_a_tune_whose_plan_is_written(tmp_path: Path) -> None:
    solver = write_solver(tmp_path / "tiny")
    training = Training(Wish("tiny/solver.yaml", values={"base_lr": "0.1, 0.2"}), solver, tmp_path)
    assert training.preview().trials == 2
    order = training.order("")
    assert order.command == ["tune", "tiny/runs/tiny_tune.yaml"]
    assert "values: [0.1, 0.2]" in (tmp_path / "tiny" / "runs" / "tiny_tune.yaml").read_text()


def test_names_are_free_ones(tmp_path: Path) -> None:
    solver = write_solver(tmp_path / "tiny")
    (tmp_path / "tiny" / "runs" / "tiny.run").mkdir(parents=True)
    assert Training(Wish("s"), solver, tmp_path).run == "tiny/runs/tiny-2"
    assert Training(Wish("s"), solver, tmp_path, ["tiny/runs/tiny-2"]).run == "tiny/runs/tiny-3"
    with pytest.raises(UsageError, match="other characters"):
        Training(Wish("s", name="../x"), solver, tmp_path)


def test_problems_name_their_fields(tmp_path: Path) -> None:
    solver = write_solver(tmp_path / "tiny")
    wish = Wish("s", values={"base_lr": "0.1, fast", "gamma": "x"})
    fields = {one.field for one in Training(wish, solver, tmp_path).preview().problems}
    assert fields >= {"base_lr", "gamma"}
    document, problems = loaded(tmp_path / "missing.yaml", [])
    assert document is None
    assert "missing.yaml" in problems[0].text


def test_more_trials_than_a_tune_takes(tmp_path: Path) -> None:
    solver = write_solver(tmp_path / "tiny")
    many = ", ".join(str(number) for number in range(1, 41))
    wish = Wish("s", values={"base_lr": many, "weight_decay": many})
    assert any(
        "more than 1,000 trials" in one.text for one in Training(wish, solver, tmp_path).preview().problems
    )
