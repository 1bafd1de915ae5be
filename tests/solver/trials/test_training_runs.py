"""``layerzoo train`` in child processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.solver.trials import training_runs
from layerzoo.solver.trials.run_hashes import RunHashes
from layerzoo.solver.trials.training_runs import (
    OutOfTimeError,
    TrainingFailedError,
    TrainingRuns,
    _updates,
)

COMMAND = ["-solver", "configs/mlp_solver.yaml", "-gpu=none"]
SHORT = ["max_iter=2", "test_interval=0", 'publish=""']


def test_run_leaves_hashes_and_files_in_its_folder(tmp_path: Path) -> None:
    runs = TrainingRuns(COMMAND, SHORT, tmp_path, 120)
    (file,) = runs.train("one", "run", ["base_lr=0.5", "snapshot_after_train=true"])
    assert RunHashes.read(file).updates == [1, 2]
    assert (tmp_path / "one" / "run.run" / "iter_2").is_dir()
    assert "base_lr: 0.5" in next((tmp_path / "one" / "run.run").glob("solver.*")).read_text()
    assert runs.commands[0].startswith("layerzoo train -solver configs/mlp_solver.yaml -gpu=none -hashes=")


def test_run_that_fails_is_an_error_with_its_message_and_exit_code(tmp_path: Path) -> None:
    runs = TrainingRuns(COMMAND, SHORT, tmp_path, 120)
    with pytest.raises(
        TrainingFailedError, match=r"the run 'one' ended with exit code 2:\n    error: .*bas_lr"
    ) as e:
        runs.train("one", "run", ["bas_lr=1"])
    assert e.value.exit_code == 2
    assert "did you mean" in str(e.value)


def test_run_that_was_to_be_killed_and_ended_is_an_error(tmp_path: Path) -> None:
    runs = TrainingRuns(COMMAND, SHORT, tmp_path, 120)
    with pytest.raises(TrainingFailedError, match="ended with exit code 0"):
        runs.train("one", "run", killed=True)


def test_run_beyond_the_time_is_killed(tmp_path: Path) -> None:
    runs = TrainingRuns(COMMAND, ["max_iter=1000000"], tmp_path, 0.5)
    with pytest.raises(OutOfTimeError, match=r"within the 0\.5 seconds of -max_time"):
        runs.train("one", "run")


def test_progress_is_told_while_a_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_runs, "TELL_EVERY", 0.0)
    told: list[tuple[str, str, int]] = []
    runs = TrainingRuns(
        COMMAND, SHORT, tmp_path, 120, lambda name, life, done, _: told.append((name, life, done))
    )
    runs.train("one", "run")
    assert told[0] == ("one", "run", 0)
    assert told[-1] == ("one", "run", 2)


def test_updates_are_those_of_the_last_whole_line(tmp_path: Path) -> None:
    file = tmp_path / "h"
    assert _updates(file) == 0
    file.write_bytes(b'{"fed":0}\n{"updated":12,"loss":""}\n{"updated":13')
    assert _updates(file) == 12
