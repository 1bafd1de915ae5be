"""The state of a job, from the files of its folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from layerzoo.studio.jobs.job import Job, born, is_process
from layerzoo.studio.jobs.order import Order


@pytest.fixture
def job(tmp_path: Path) -> Job:
    made = Job(tmp_path / "000001", Order(["train"], str(tmp_path), "one", resumable=True), 1000.0)
    made.folder.mkdir()
    made.save()
    return made


def state(job: Job, **files: dict[str, object]) -> str:
    """The state with some files in the folder."""
    for name, value in files.items():
        (job.folder / f"{name}.json").write_text(json.dumps(value))
    loaded = Job.load(job.folder)
    assert loaded is not None
    return loaded.state


def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_job_that_waits(job: Job) -> None:
    loaded = Job.load(job.folder)
    assert loaded is not None
    assert (loaded.state, loaded.id, loaded.order.title, loaded.created) == ("queued", "000001", "one", 1000)


@pytest.mark.parametrize(("wish", "expected"), [("pause", "paused"), ("stop", "stopped")])
def test_a_wish_before_the_start(job: Job, wish: str, expected: str) -> None:
    assert state(job, wish={"wish": wish}) == expected


def test_a_job_that_runs_is_this_process_and_no_later_one(job: Job) -> None:
    own = {"pid": os.getpid(), "born": born(os.getpid()), "started": 5.0}
    assert state(job, process=own) == "running"
    assert state(job, wish={"wish": "stop"}) == "stopping"
    assert state(job, process={**own, "born": "1"}) == "lost"
    assert state(job, process={"pid": gone(), "born": "1"}) == "lost"


@pytest.mark.parametrize(
    ("code", "wish", "expected"),
    [
        (0, "", "done"),
        (0, "stop", "done"),
        (1, "", "failed"),
        (1, "stop", "failed"),
        (75, "stop", "stopped"),
        (75, "pause", "paused"),
        (75, "", "stopped"),
        (-signal.SIGTERM, "pause", "paused"),
        (-signal.SIGKILL, "kill", "stopped"),
        (-signal.SIGKILL, "", "failed"),
    ],
)
def test_how_a_job_has_ended(job: Job, code: int, wish: str, expected: str) -> None:
    files = {"process": {"pid": gone()}, "end": {"code": code, "ended": 9.0}, "wish": {"wish": wish}}
    assert state(job, **files) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"order": {}, "created": 1}', '{"order": 3}'])
def test_a_folder_that_holds_no_job(job: Job, text: str) -> None:
    (job.folder / "order.json").write_text(text)
    assert Job.load(job.folder) is None


def test_output_in_parts(job: Job) -> None:
    assert job.output() == ("", 0)
    (job.folder / "output.txt").write_bytes(b"0123456789")
    assert job.output(4) == ("456789", 10)
    assert job.output(-3) == ("789", 10)
    assert job.output(0, 2) == ("01", 2)
    assert job.output(99) == ("", 10)


def test_is_process_of_what_is_no_number() -> None:
    assert not is_process(None, "")
    assert not is_process("1", "")
    assert not is_process(-1, "")
    assert is_process(os.getpid(), None)
