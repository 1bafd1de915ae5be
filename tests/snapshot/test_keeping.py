from __future__ import annotations

import logging
import os

import pytest
import torch

from layerzoo.errors import SnapshotError
from layerzoo.schema import KeepParameter
from layerzoo.snapshot import Snapshot, find_newest, list_snapshots, prune, write_snapshot


def write(folder, iteration, score=None):
    blob = torch.full((100,), float(iteration))
    return write_snapshot(folder, Snapshot(iteration, "SGD", {"ip": [blob]}, score=score))


def tear(path, name="weights.safetensors"):
    data = (path / name).read_bytes()
    (path / name).write_bytes(data[: len(data) // 2])


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_find_newest_goes_by_number_not_by_name(tmp_path):
    for iteration in (9, 100, 20):
        write(tmp_path, iteration)
    (tmp_path / "iter_x").mkdir()
    (tmp_path / "notes.txt").write_text("")
    assert [i for i, _ in list_snapshots(tmp_path)] == [9, 20, 100]
    assert find_newest(tmp_path) == tmp_path / "iter_100"


@pytest.mark.parametrize("name", ["weights.safetensors", "state.safetensors", "state.json"])
def test_damaged_snapshot_is_skipped_with_a_warning(tmp_path, name, caplog):
    for iteration in (10, 20, 30):
        write(tmp_path, iteration)
    tear(tmp_path / "iter_30", name)
    (tmp_path / "iter_20" / "state.json").unlink()
    with caplog.at_level(logging.WARNING, "layerzoo"):
        assert find_newest(tmp_path) == tmp_path / "iter_10"
    assert len(caplog.records) == 2
    assert "iter_30: skipped: " in caplog.text
    assert "iter_20: skipped: " in caplog.text


def test_incomplete_snapshot_is_skipped_with_a_warning(tmp_path, caplog):
    write(tmp_path, 10)
    write(tmp_path, 20).rename(tmp_path / ".iter_20.abcd1234.part")
    with caplog.at_level(logging.WARNING, "layerzoo"):
        assert find_newest(tmp_path) == tmp_path / "iter_10"
    assert "incomplete, writing it was interrupted" in caplog.text


def test_find_newest_after_an_interrupted_replacement(tmp_path):
    write(tmp_path, 10)
    write(tmp_path, 20).rename(tmp_path / ".iter_20.replaced")
    assert find_newest(tmp_path) == tmp_path / ".iter_20.replaced"
    write(tmp_path, 20)
    assert find_newest(tmp_path) == tmp_path / "iter_20"


def test_find_newest_without_a_valid_snapshot_is_none(tmp_path):
    assert find_newest(tmp_path / "none") is None
    tear(write(tmp_path, 10))
    assert find_newest(tmp_path) is None


def test_prune_keeps_all_without_a_number(tmp_path):
    for iteration in (1, 2, 3):
        write(tmp_path, iteration)
    assert prune(tmp_path, KeepParameter(), higher_is_better=True) == []
    assert names(tmp_path) == ["iter_1", "iter_2", "iter_3"]


def test_prune_keeps_last_every_and_best(tmp_path):
    scores = {10: 0.5, 20: 0.9, 30: 0.7, 40: None, 50: 0.9, 60: 0.1, 70: float("nan")}
    for iteration, score in scores.items():
        write(tmp_path, iteration, score)
    deleted = prune(tmp_path, KeepParameter(last=2, every=30, best=1), higher_is_better=True)
    assert names(tmp_path) == ["iter_30", "iter_50", "iter_60", "iter_70"]
    assert sorted(p.name for p in deleted) == ["iter_10", "iter_20", "iter_40"]
    prune(tmp_path, KeepParameter(last=1, best=1), higher_is_better=False)
    assert names(tmp_path) == ["iter_60", "iter_70"]


def test_prune_keeps_the_only_valid_snapshot(tmp_path):
    for iteration in (10, 20, 30, 40):
        write(tmp_path, iteration)
    tear(tmp_path / "iter_30")
    tear(tmp_path / "iter_40", "state.json")
    prune(tmp_path, KeepParameter(last=1, best=0), higher_is_better=True)
    assert names(tmp_path) == ["iter_20", "iter_40"]


def test_prune_deletes_nothing_without_a_valid_snapshot(tmp_path):
    for iteration in (10, 20, 30):
        tear(write(tmp_path, iteration))
    assert prune(tmp_path, KeepParameter(last=1), higher_is_better=True) == []
    assert len(names(tmp_path)) == 3


def test_prune_deletes_leftovers_of_interrupted_writes(tmp_path):
    write(tmp_path, 20).rename(tmp_path / ".iter_20.abcd1234.part")
    write(tmp_path, 10).rename(tmp_path / ".iter_10.replaced")
    good = write(tmp_path, 10)
    prune(tmp_path, KeepParameter(last=5), higher_is_better=True, known_good=good)
    assert names(tmp_path) == ["iter_10"]


def test_snapshot_that_cannot_be_deleted_is_a_warning(tmp_path, monkeypatch, caplog):
    for iteration in (10, 20):
        write(tmp_path, iteration)

    def refuse(path):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("layerzoo.snapshot.keeping._delete", refuse)
    with caplog.at_level(logging.WARNING, "layerzoo"):
        assert prune(tmp_path, KeepParameter(last=1, best=0), higher_is_better=True) == []
    assert "iter_10: can't be deleted" in caplog.text


def test_find_newest_takes_the_newest_that_the_check_accepts(tmp_path, caplog):
    for iteration in (1, 2, 3):
        write(tmp_path, iteration)

    def check(text):
        if text["iteration"] == 3:
            raise SnapshotError("not this one")

    with caplog.at_level(logging.WARNING, "layerzoo"):
        assert find_newest(tmp_path, check) == tmp_path / "iter_2"
    assert "iter_3: skipped: not this one" in caplog.text


def test_whatever_stands_where_a_snapshot_should_is_skipped(tmp_path, caplog):
    write(tmp_path, 1)
    (tmp_path / "iter_2").write_text("a file")
    (tmp_path / "iter_3").symlink_to("/dev")
    (tmp_path / "iter_4").mkdir()
    os.mkfifo(tmp_path / "iter_4" / "state.json")
    os.mkfifo(tmp_path / "iter_5")
    (tmp_path / "iter_6").symlink_to("iter_6")
    with caplog.at_level(logging.WARNING, "layerzoo"):
        assert find_newest(tmp_path) == tmp_path / "iter_1"
    assert [record.getMessage().partition(":")[0][-6:] for record in caplog.records] == [
        f"iter_{i}" for i in (6, 5, 4, 3, 2)
    ]
