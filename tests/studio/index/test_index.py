"""The index of runs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from layerzoo.runs import open_run
from layerzoo.studio.index import Choice, Index, Notes, Score
from layerzoo.studio.index import index as module
from layerzoo.studio.routing import NotFoundError
from tests.studio.runs import append, write_run


@pytest.fixture
def index(tmp_path: Path) -> Index:
    (tmp_path / "work").mkdir()
    return Index(tmp_path / "index.sqlite", [tmp_path / "work"])


def test_runs_come_change_and_go(index: Index, tmp_path: Path) -> None:
    assert index.refresh() == []
    folder = write_run(tmp_path / "work", "deep/down/lenet", points=11)
    (changed,) = index.refresh()
    run = index.run(changed)
    assert (run.name, run.net, run.kind) == ("deep/down/lenet", "Tiny", "SGD")
    assert (run.progress.iteration, run.progress.max_iter, run.progress.part) == (100, 200, 0.5)
    assert run.progress.seconds == 5
    assert index.refresh() == []
    append(folder, 21, 11)
    assert index.refresh() == [changed]
    assert index.run(changed).progress.iteration == 200
    assert index.run(changed).state == "done"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert index.refresh() == [changed]
    with pytest.raises(NotFoundError, match="no run"):
        index.run(changed)


def test_summary_agrees_with_the_run(index: Index, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "work", "lenet", points=31)
    index.refresh()
    (run,), opened = index.runs, open_run(folder)
    assert run.scores == {name: [value, at] for name, (value, at) in opened.best.items()}
    assert run.score == Score("accuracy", *opened.best["accuracy"])
    assert run.score.iteration == 300
    assert run.loss == opened.history.of(None)[-1].loss
    assert run.quantities == ["loss", "lr", "accuracy"]


def test_what_is_followed_equals_what_is_read_anew(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layerzoo.runs.run.Run.state", "running")
    folder = write_run(tmp_path / "work", "lenet", points=5)
    index.refresh()
    gathered = []
    real = module.gather
    monkeypatch.setattr(module, "gather", lambda *args: gathered.append(args) or real(*args))
    for start, end in ((5, 12), (12, 33), (33, 34)):
        append(folder, end, start)
        index.refresh()
    assert gathered == []
    (run,) = index.runs
    other = Index(tmp_path / "other.sqlite", [tmp_path / "work"])
    other.refresh()
    (anew,) = other.runs
    assert run == anew
    for quantity in ("loss", "accuracy"):
        assert index.series(run.id, quantity) == other.series(run.id, quantity)


def test_a_resumed_run_is_read_anew(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerzoo.runs.run.Run.state", "running")
    folder = write_run(tmp_path / "work", "lenet", points=20)
    index.refresh()
    text = (folder / "metrics.jsonl").read_text()
    again = [line.replace('"seconds": ', '"seconds": 0.00') for line in text.splitlines()[-5:]]
    with (folder / "metrics.jsonl").open("a") as file:
        file.write("\n".join(again) + "\n")
    index.refresh()
    (run,) = index.runs
    x = index.series(run.id, "loss")[0].x
    assert x == sorted(set(x))
    assert len(x) == 20


def test_half_a_line_waits_for_its_other_half(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layerzoo.runs.run.Run.state", "running")
    folder = write_run(tmp_path / "work", "lenet", points=11)
    index.refresh()
    metrics = folder / "metrics.jsonl"
    whole = metrics.read_text()
    append(folder, 12, 11)
    line = metrics.read_text()[len(whole) :]
    metrics.write_text(whole + line[:20])
    index.refresh()
    assert index.runs[0].progress.iteration == 100
    metrics.write_text(whole + line)
    index.refresh()
    assert index.runs[0].progress.iteration == 110


def test_the_index_is_kept_and_a_damaged_one_is_built_anew(tmp_path: Path) -> None:
    root, file = tmp_path / "work", tmp_path / "index.sqlite"
    write_run(root, "lenet")
    first = Index(file, [root])
    first.refresh()
    first.close()
    second = Index(file, [root])
    assert [run.name for run in second.runs] == ["lenet"]
    assert second.refresh() == []
    second.close()
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    third = Index(file, [root])
    assert third.runs == []
    assert len(third.refresh()) == 1
    third.close()
    with sqlite3.connect(file) as database:
        database.execute("pragma user_version = 99")
    database.close()
    fourth = Index(file, [root])
    assert fourth.runs == []
    fourth.close()


def test_notes_stand_in_the_runs_folder(index: Index, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "work", "lenet")
    index.refresh()
    (run,) = index.runs
    index.annotate(run.id, Notes([" good ", "good"], "a note", True, "My net"))
    assert Notes.of(folder) == Notes(["good"], "a note", True, "My net")
    assert index.listed(Choice()) == []
    assert index.listed(Choice(archived=True))[0].title == "My net"
    index.refresh()
    assert index.run(run.id).notes.note == "a note"


def test_a_folder_that_is_no_run_is_left_out(index: Index, tmp_path: Path) -> None:
    (tmp_path / "work" / "empty.run").mkdir()
    assert index.refresh() == []
    assert index.runs == []


def test_a_stop_leaves_the_rest_for_later(index: Index, tmp_path: Path) -> None:
    for name in "abc":
        write_run(tmp_path / "work", name)
    asked = iter([False, True])
    assert len(index.refresh(lambda: next(asked))) == 1
    assert index.waiting == 2
    assert len(index.refresh()) == 2
    assert index.waiting == 0
