"""The text of a project's solver."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from layerzoo.loader import parse_solver
from layerzoo.projects.choices import Choice
from layerzoo.projects.found import Found
from layerzoo.projects.solver_text import solver_text
from layerzoo.projects.template import find_template


def text_of(found: Found, gpu: bool = False) -> str:
    template = find_template("lenet", found)
    return solver_text(Path("/home/ann/pets"), found, template, Choice(8, "why"), Choice(30, "why"), gpu)


def test_solver_is_read_and_tests_val_before_test(found: Found) -> None:
    param = parse_solver(text_of(found), format="yaml", with_nets=False).message
    assert (param.type, param.max_epoch, param.test_epoch, param.display) == ("Adam", 30, 1, 10)
    assert param.snapshot_prefix == "/home/ann/pets/runs/pets"
    assert [list(state.stage) for state in param.test_state] == [[], ["test"]]
    assert "Passes through the training data: why." in text_of(found)


def test_one_test_net_has_no_stage(found: Found) -> None:
    for part in ("val", "test"):
        assert "test_state" not in text_of(replace(found, counts={"train": 80, part: 20}))


def test_mode_is_that_of_the_machine(found: Found) -> None:
    assert "solver_mode: GPU" in text_of(found, gpu=True)
    assert "solver_mode: CPU" in text_of(found)
