"""The process that runs a job."""

from __future__ import annotations

import errno
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from layerzoo.studio.jobs import Job, Order, runner
from layerzoo.studio.jobs import job as job_module


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job whose command prints where modules come from."""
    program = "import sys; print(sys.path[0] == '' or sys.argv[1:]); sys.exit(4)"
    monkeypatch.setattr(runner, "PROGRAM", [sys.executable, "-P", "-c", program])
    monkeypatch.setattr(runner.signal, "signal", lambda *_: None)
    made = Job(tmp_path / "000001", Order(["x", "y"], str(tmp_path), ""), 1.0)
    made.folder.mkdir()
    made.save()
    return made


def test_runner_writes_how_the_command_ended(job: Job) -> None:
    assert runner.main(job.folder) == 4
    ended = Job.load(job.folder)
    assert ended is not None
    assert (ended.state, ended.code) == ("failed", 4)
    assert ended.output()[0] == "['x', 'y']\n"  # and no module of the folder is imported


def test_runner_waits_until_a_full_disk_has_room(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    tries, real = [], job_module.write

    def write(path: Path, value: dict[str, Any]) -> None:
        if path.name == job_module.END:
            tries.append(path)
            if len(tries) < 3:
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, value)

    monkeypatch.setattr(runner, "write", write)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    assert runner.main(job.folder) == 4
    assert len(tries) == 3
    ended = Job.load(job.folder)
    assert ended is not None
    assert ended.code == 4


def test_command_that_cannot_start_says_why(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "PROGRAM", ["/no/such/program"])
    assert runner.main(job.folder) == 127
    ended = Job.load(job.folder)
    assert ended is not None
    assert "No such file" in ended.output()[0]


def test_job_that_was_stopped_is_not_run(job: Job) -> None:
    job.wish("stop")
    assert runner.main(job.folder) == 127
    assert not (job.folder / job_module.OUTPUT).exists()
