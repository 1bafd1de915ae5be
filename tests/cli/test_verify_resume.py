"""``layerzoo verify_resume``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from layerzoo.cli.main import main
from layerzoo.solver.trials import verify_resume
from layerzoo.solver.trials.training_runs import TrainingRuns
from layerzoo.solver.trials.verify_resume import Compared

SOLVER = "configs/mlp_solver.yaml"


class Stub:
    """A check whose runs have been made."""

    made: Stub
    rows: Sequence[Compared] = (
        Compared("killed", "samples (4 batches)"),
        Compared("killed", "state (train)"),
    )
    reasons: Sequence[tuple[str, str]] = ()
    seed = 7

    def __init__(self, document: Any, checked: Any, runs: TrainingRuns, iterations: int, *state: Any) -> None:
        self.runs, self.iterations, self.state = runs, iterations, state
        type(self).made = self

    def undisturbed(self) -> None:
        pass

    def resumed(self) -> Sequence[Compared]:
        return self.rows

    def with_other_workers(self) -> list[Compared]:
        return [Compared("2 data processes", "samples", left_out="no layer reads a source")]

    def in_processes(self, count: int) -> list[Compared]:
        return [Compared(f"{count} processes", "samples (64)")]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_output_is_a_table_and_a_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verify_resume, "ResumeCheck", Stub)
    assert main(["verify_resume", "-solver", SOLVER, "-processes", "2", "-iterations", "5"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "undisturbed: 5 iterations, seed 7",
        "killed:",
        "    samples (4 batches)  equal",
        "    state (train)        equal",
        "2 data processes:",
        "    samples  not compared: no layer reads a source",
        "2 processes:",
        "    samples (64)  equal",
        "equal, as far as it was compared",
    ]


def test_difference_is_exit_code_1_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Differs(Stub):
        rows = (Compared("killed", "loss (4 iterations)", "iteration 3"),)
        reasons = (("killed: iteration 3, layer 'own': top 'f'", "it has state"),)

    monkeypatch.setattr(verify_resume, "ResumeCheck", Differs)
    assert main(["verify_resume", "-solver", SOLVER]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "    loss (4 iterations)  iteration 3" in lines
    assert lines[-3:] == [
        "killed: iteration 3, layer 'own': top 'f'",
        "    likely reason: it has state",
        "different",
    ]


def test_flags_are_passed_on_to_the_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_resume, "ResumeCheck", Stub)
    Path("own_for_verify.py").write_text("")
    flags = ["-gpu", "none", "-weights", "a.h5,b.h5", "-lenient", "-level", "2", "-stage", "a,b"]
    flags += ["-allow_python", "own_for_verify", "-deterministic", "-set", "base_lr=0.5"]
    assert main(["verify_resume", "-solver", SOLVER, "-out", "kept", *flags]) == 0
    runs = Stub.made.runs
    assert runs._command == [
        "-solver", SOLVER, "-weights=a.h5,b.h5", "-lenient", "-gpu=none", "-level=2", "-stage=a,b",
        "-allow_python=own_for_verify", "-deterministic",
    ]  # fmt: skip
    assert runs.overrides == ("base_lr=0.5",)
    assert runs.folder == Path("kept").absolute()
    assert Stub.made.state == (2, ("a", "b"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "-solver is required"),
        (["-solver", SOLVER, "-iterations", "2"], "2 is not in the range x>=3"),
        (["-solver", SOLVER, "-out", "full"], "-out full: it exists and is not an empty folder"),
        (["-solver", SOLVER, "-set", "bas_lr=1"], "did you mean 'base_lr'?"),
    ],
)
def test_mistakes_are_errors_of_usage(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("full").mkdir()
    Path("full/file").touch()
    assert main(["verify_resume", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_mlp_is_equal_and_leaves_no_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify_resume", "-solver", SOLVER, "-gpu", "none", "-iterations", "3"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "equal"
    assert "killed after 2 and 3, resumed:" in out
    assert list(tmp_path.iterdir()) == []


def test_progress_of_the_runs_is_on_the_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Tells(Stub):
        def undisturbed(self) -> None:
            tell = self.runs._progress
            assert tell is not None
            tell("undisturbed", "run", 0, 0.0)
            tell("undisturbed", "run", 3, 20.4)
            tell("killed", "life1", 0, 0.0)

    monkeypatch.setattr(verify_resume, "ResumeCheck", Tells)
    assert main(["verify_resume", "-solver", SOLVER, "-iterations", "5"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "run 'undisturbed': begins",
        "run 'undisturbed': iteration 3 of 5, 20 s",
        "run 'killed', part 2: begins",
    ]
