"""The journal of a tune."""

from __future__ import annotations

import errno
import os
from math import nan
from pathlib import Path

import pytest

from layerzoo.errors import DataError
from layerzoo.tune.journal import JOURNAL, Journal, Trial, best_first


def written(folder: Path) -> Journal:
    journal = Journal(folder)
    journal.begin({"plan": {"seed": "1"}})
    trial = journal.trial_begins(0, {"base_lr": "0.1"})
    trial.state, trial.value, trial.iteration, trial.curve = "done", 0.75, 20, [(10, 0.5), (20, 0.75)]
    journal.trial_ends(trial)
    journal.trial_begins(1, {"base_lr": "0.2"})
    return journal


def test_journal_reads_what_it_wrote(tmp_path: Path) -> None:
    journal = written(tmp_path / "new")
    again = Journal(tmp_path / "new")
    assert again.begun == {"plan": {"seed": "1"}}
    assert again.trials == journal.trials
    assert [trial.state for trial in again.trials.values()] == ["done", "begun"]


def test_values_that_are_not_finite_are_left_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    trial = journal.trial_begins(0, {})
    trial.state, trial.curve = "failed", [(10, 0.5), (20, nan)]
    journal.trial_ends(trial)
    assert Journal(tmp_path).trials[0].curve == [(10, 0.5)]


def test_cut_line_is_dropped_and_overwritten(tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / JOURNAL
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"event": "end", "trial": 1, "state": "do')
    again = Journal(tmp_path)
    assert again.trials[1].state == "begun"
    again.trial_begins(2, {})
    assert path.read_bytes().startswith(whole + b'{"event": "begin", "trial": 2')
    assert list(Journal(tmp_path).trials) == [0, 1, 2]


def test_each_prefix_of_the_file_is_read(tmp_path: Path) -> None:
    written(tmp_path)
    data = (tmp_path / JOURNAL).read_bytes()
    for size in range(len(data)):
        (tmp_path / JOURNAL).write_bytes(data[:size])
        assert len(Journal(tmp_path).trials) <= 2


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "[]",
        "nonsense",
        '{"event": "end", "trial": 7, "state": "done"}',
        '{"event": "end", "trial": 0, "state": "begun"}',
        '{"event": "other"}',
    ],
)
def test_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    written(tmp_path)
    with (tmp_path / JOURNAL).open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(DataError, match=rf"{JOURNAL}:5: this line of the journal is damaged"):
        Journal(tmp_path)


def test_best_trial_is_the_first_and_failed_ones_the_last() -> None:
    trials = [
        Trial(0, {}, "failed"),
        Trial(1, {}, "done", 0.5),
        Trial(2, {}, "pruned", 0.9),
        Trial(3, {}, "done", 0.7),
        Trial(4, {}),
        Trial(5, {}, "done", 0.7),
    ]
    assert [trial.number for trial in best_first(trials, maximise=True)] == [3, 5, 1, 2, 4, 0]
    assert [trial.number for trial in best_first(trials, maximise=False)] == [1, 3, 5, 2, 4, 0]


def test_write_that_fails_names_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = written(tmp_path)

    def full(descriptor: int, data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left on device") as caught:
            journal.trial_begins(2, {})
    assert caught.value.filename == str(tmp_path / JOURNAL)
    assert sorted(journal.trials) == [0, 1]
    journal.trial_begins(2, {})
    assert sorted(Journal(tmp_path).trials) == [0, 1, 2]
