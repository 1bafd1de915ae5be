"""The local zoo on disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from layerzoo.errors import ZooError
from layerzoo.zoo import Entry, LocalZoo, publish


def test_entries_are_found_by_name_version_and_hash(entry: Entry, zoo: LocalZoo) -> None:
    second = publish("tiny", {"a": b"2"}, {}, zoo)
    other = publish("other", {"a": b"3"}, {}, zoo)
    assert [e.address for e in zoo.entries()] == ["other@1", "tiny@1", "tiny@2"]
    assert zoo.get("tiny") == second
    assert zoo.get("tiny@1") == entry
    assert zoo.get(f"tiny@{entry.id[:8]}") == entry
    assert zoo.get(f"other@sha256:{other.id}") == other
    with pytest.raises(ZooError, match=r"no version '3'.*versions: 1 \(\w{12}\), 2"):
        zoo.get("tiny@3")
    with pytest.raises(ZooError, match="no version 'abc'"):
        zoo.get("tiny@abc")
    with pytest.raises(ZooError, match=r"no zoo entry 'tini' under .*; did you mean 'tiny'"):
        zoo.get("tini")
    with pytest.raises(ZooError, match="is not a valid name"):
        zoo.get("../tiny")


def test_change_of_any_byte_of_an_entry_is_detected(zoo: LocalZoo) -> None:
    entry = publish("small", {"weights.bin": bytes(range(200)), "net.txt": b"layer"}, {"title": "Small"}, zoo)
    flipped = 0
    for file in ("entry.json", *entry.files):
        path = entry.path / file
        path.chmod(0o644)
        good = path.read_bytes()
        for place in range(len(good)):
            bad = bytearray(good)
            bad[place] ^= 1 << place % 8
            path.write_bytes(bad)
            assert Entry("small", 1, entry.path).faults(), (file, place)
            flipped += 1
        path.write_bytes(good)
    Entry("small", 1, entry.path).verify()
    assert flipped == sum(p.stat().st_size for p in entry.path.iterdir()) > 700


def test_verify_lists_every_fault(entry: Entry, tmp_path: Path) -> None:
    entry.verify()
    (entry.path / "extra").write_text("x")
    (entry.path / "labels.txt").unlink()
    (entry.path / "labels.txt").symlink_to("/etc/hostname")
    (entry.path / "metrics.jsonl").unlink()
    (entry.path / "solver.prototxt").chmod(0o644)
    (entry.path / "solver.prototxt").write_text("much longer than what was published" * 100)
    with pytest.raises(ZooError) as caught:
        entry.verify()
    said = str(caught.value)
    assert "'extra' is not part of it" in said
    assert "'labels.txt' is not a regular file" in said
    assert "'metrics.jsonl' can't be read: No such file" in said
    assert "'solver.prototxt' has 3,500 bytes instead of " in said
    with pytest.raises(ZooError, match="has no file 'nothing'"):
        entry.file("nothing")


def test_moved_entry_is_refused(entry: Entry, zoo: LocalZoo) -> None:
    entry.path.rename(entry.path.with_name("2"))
    with pytest.raises(ZooError, match="tiny@2 is damaged: it contains tiny@1"):
        zoo.get("tiny").verify()


def test_removed_version_number_is_not_reused(entry: Entry, zoo: LocalZoo) -> None:
    publish("tiny", {}, {}, zoo)
    zoo.remove(zoo.get("tiny@2"))
    assert [e.address for e in zoo.entries()] == ["tiny@1"]
    assert publish("tiny", {}, {}, zoo).version == 3


def test_prune_removes_unused_blobs(entry: Entry, zoo: LocalZoo) -> None:
    assert zoo.prune() == 0
    publish("tiny", {"big": bytes(100_000)}, {}, zoo)
    zoo.remove(zoo.get("tiny@2"))
    left = zoo.root / ".incomplete" / "new-left-by-a-killed-program"
    with zoo.staging() as busy:
        left.mkdir()
        (left / "part").write_bytes(bytes(5_000))
        (busy / "part").write_bytes(bytes(1_000))
        freed = zoo.prune()
        assert busy.exists()
    assert 105_000 <= freed < 107_000
    assert not left.exists()
    entry.verify()
    assert zoo.prune() == 0


def test_shipped_entries_come_after_the_users_own(entry: Entry, zoo: LocalZoo, tmp_path: Path) -> None:
    mine = LocalZoo(tmp_path / "mine", shipped=zoo.root)
    assert mine.entries() == []
    assert [e.address for e in mine.shipped_entries()] == ["tiny@1"]
    assert mine.get("tiny").path == entry.path
    with pytest.raises(ZooError, match="comes with Layerzoo and can't be removed"):
        mine.remove(mine.get("tiny"))
    assert publish("tiny", {}, {}, mine).version == 2, "version 1 is the shipped one"
    assert mine.get("tiny").path.is_relative_to(mine.root)


def test_zoo_works_without_hard_links(zoo: LocalZoo, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", no_links)
    publish("tiny", {"a": b"1"}, {}, zoo).verify()


def test_unwritable_zoo_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ZooError, match=r"can't publish 'tiny' to .*: Not a directory"):
        publish("tiny", {}, {}, LocalZoo(tmp_path / "file"))


def test_staging_deletes_what_killed_programs_were_building(zoo: LocalZoo) -> None:
    left, download = (zoo.incomplete / name for name in ("new-left", "get-left"))
    for folder in (left, download):
        folder.mkdir(parents=True)
        (folder / "w.bin").write_text("x")
    with zoo.staging() as building, zoo.staging() as another:
        assert building.is_dir(), "it is in use"
        assert sorted(zoo.incomplete.iterdir()) == sorted([building, another, download])
    assert list(zoo.incomplete.iterdir()) == [download]
    assert not list((zoo.root / ".locks").glob("new-*"))


def test_entry_whose_folder_cannot_be_listed_is_not_missing(
    entry: Entry, zoo: LocalZoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    listdir = os.listdir

    def failing(folder: Path) -> list[str]:
        if Path(folder).name == "tiny":
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return listdir(folder)

    with monkeypatch.context() as patched:
        patched.setattr(os, "listdir", failing)
        for ask in (lambda: zoo.get("tiny"), lambda: publish("tiny", {"a": b"2"}, {}, zoo), zoo.entries):
            with pytest.raises(ZooError, match=r"tiny can't be read: Permission denied"):
                ask()
    assert [found.address for found in zoo.entries()] == ["tiny@1"]
