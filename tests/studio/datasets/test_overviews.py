"""Overviews and the jobs that make them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from layerzoo.studio.datasets.overviews import Overviews, stamp_of
from layerzoo.studio.jobs import Queue
from layerzoo.studio.jobs.job import END, PROCESS, write
from layerzoo.studio.routing import NotFoundError
from tests.studio.datasets.test_finding import pets


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(tmp_path / "jobs")


@pytest.fixture
def overviews(tmp_path: Path, queue: Queue) -> Overviews:
    return Overviews(tmp_path / "known", queue)


def test_one_job_looks_at_a_set(tmp_path: Path, overviews: Overviews, queue: Queue) -> None:
    path = pets(tmp_path / "pets")
    assert overviews.overview(path).state == "missing"
    job = overviews.start(path)
    assert overviews.start(path).id == job.id
    assert job.order.command == ["data", "overview", str(path), "-out", str(overviews.folder(path))]
    assert overviews.overview(path).state == "waiting"


def test_progress_and_end_are_told(tmp_path: Path, overviews: Overviews) -> None:
    path = pets(tmp_path / "pets")
    job, folder = overviews.start(path), overviews.folder(path)
    write(job.folder / PROCESS, {"pid": os.getpid(), "started": 1.0})
    folder.mkdir(parents=True)
    (folder / "progress.json").write_text('{"done": 3, "of": 4}')
    known = overviews.overview(path)
    assert (known.state, known.done, known.of) == ("reading", 3, 4)
    write(job.folder / END, {"code": 0, "ended": 2.0})
    assert overviews.overview(path).state == "missing"
    (folder / "overview.json").write_text(json.dumps({"level": "good"}))
    assert overviews.overview(path).report == {"level": "good"}
    assert overviews.last(path) == {"level": "good"}


def test_failure_tells_the_error(tmp_path: Path, overviews: Overviews) -> None:
    path = pets(tmp_path / "pets")
    job = overviews.start(path)
    write(job.folder / PROCESS, {"pid": 1 << 22, "started": 1.0})
    write(job.folder / END, {"code": 4, "ended": 2.0})
    (job.folder / "output.txt").write_text("warning: x\nerror: no images\n")
    known = overviews.overview(path)
    assert (known.state, known.error) == ("failed", "no images")


def test_only_pictures_of_the_overview_are_given(tmp_path: Path, overviews: Overviews) -> None:
    path = pets(tmp_path / "pets")
    folder = overviews.folder(path)
    folder.mkdir(parents=True)
    (folder / "0-1.jpg").touch()
    (folder / "overview.json").touch()
    assert overviews.picture(path, "0-1.jpg") == folder / "0-1.jpg"
    for name in ("overview.json", "../0-1.jpg", "0-2.jpg", "..", ""):
        with pytest.raises(NotFoundError):
            overviews.picture(path, name)


def test_stamp_follows_files(tmp_path: Path) -> None:
    path = pets(tmp_path / "pets")
    stamps = [stamp_of(path)]
    assert stamp_of(path) == stamps[0]
    (path / "cat" / "0.png").write_bytes(b"longer than nothing")
    stamps.append(stamp_of(path))
    (path / "dog" / "0.png").unlink()
    stamps.append(stamp_of(path))
    assert len(set(stamps)) == 3
