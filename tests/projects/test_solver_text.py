"""The text of a project's solver."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from layerzoo.loader import parse_solver
from layerzoo.projects.choices import Choice
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.solver_text import solver_text
from layerzoo.projects.template import find_template


def text_of(description: DataDescription, gpu: bool = False) -> str:
    template = find_template("lenet", description)
    return solver_text(
        Path("/home/ann/pets"), description, template, Choice(8, "why"), Choice(30, "why"), gpu
    )


def test_solver_is_read_and_tests_val_before_test(description: DataDescription) -> None:
    param = parse_solver(text_of(description), format="yaml", with_nets=False).message
    assert (param.type, param.max_epoch, param.test_epoch, param.display) == ("Adam", 30, 1, 10)
    assert param.snapshot_prefix == "/home/ann/pets/runs/pets"
    assert [list(state.stage) for state in param.test_state] == [[], ["test"]]
    assert "Passes through the training data: why." in text_of(description)


def test_one_test_net_has_no_stage(description: DataDescription) -> None:
    for part in ("val", "test"):
        assert "test_state" not in text_of(replace(description, counts={"train": 80, part: 20}))


def test_mode_is_that_of_the_machine(description: DataDescription) -> None:
    assert "solver_mode: GPU" in text_of(description, gpu=True)
    assert "solver_mode: CPU" in text_of(description)
