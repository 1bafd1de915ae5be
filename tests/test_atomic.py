from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import lmdb
import pytest

from layerzoo import atomic
from layerzoo.atomic import atomic_path, remove, remove_leftovers, write_atomic


def test_file_is_written_without_leftovers(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a.txt", "grüß")
    write_atomic(tmp_path / "b.bin", b"\0\1")
    assert (tmp_path / "a.txt").read_bytes() == "grüß".encode()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "b.bin"]


def test_failure_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail() -> None:
        with atomic_path(target) as path:
            path.write_text("half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_error_names_the_target(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "a.txt"
    with pytest.raises(FileNotFoundError, match=r"nowhere/a\.txt'$"):
        write_atomic(target, "new")


def test_folder_replaces_folder(tmp_path: Path) -> None:
    for content in ("one", "two"):
        with atomic_path(tmp_path / "iter_5") as path:
            path.mkdir()
            (path / f"{content}.txt").write_text(content)
    assert [p.name for p in (tmp_path / "iter_5").iterdir()] == ["two.txt"]
    assert [p.name for p in tmp_path.iterdir()] == ["iter_5"]


def test_folder_is_restored_if_the_rename_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "iter_5"
    target.mkdir()
    (target / "old.txt").write_text("old")
    rename = Path.rename

    def failing(self: Path, to: Path) -> Path:
        if self.name.endswith(atomic.TEMPORARY):
            raise OSError(errno.EIO, "no")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="no"), atomic_path(target) as path:
        path.mkdir()
    assert (target / "old.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["iter_5"]


def test_failing_sync_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fsync(descriptor: int) -> None:
        raise OSError(errno.EIO, "the disk is dying")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="dying"):
        write_atomic(target, "new")
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_file_and_its_folders_are_synced_before_and_after_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def recorded_fsync(descriptor: int) -> None:
        events.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def recorded_replace(self: Path, target: Path) -> Path:
        events.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(Path, "replace", recorded_replace)
    write_atomic(tmp_path / "a.txt", "x")
    assert [e.split(".")[1] if e.endswith(".part") else e for e in events] == ["a", "rename", tmp_path.name]


def test_remove_deletes_files_and_folders_and_ignores_missing_paths(tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "f").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "d")
    for name in ("link", "d", "f", "none"):
        remove(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_remove_leftovers_spares_what_is_being_written(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        names = [f".a.{number}-00ff00ff.part" for number in (other.pid, os.getpid())]
        for name in names:
            (tmp_path / name).write_text("")
        with atomic_path(tmp_path / "b") as path:
            path.write_text("")
            assert [p.name for p in remove_leftovers(tmp_path)] == names[1:], "the number was a killed one's"
            assert path.exists()
        other.communicate(b"\n")
    assert [p.name for p in remove_leftovers(tmp_path)] == names[:1]
    assert [p.name for p in tmp_path.iterdir()] == ["b"]


def test_remove_leftovers_gives_the_only_copy_its_name_back(tmp_path: Path) -> None:
    for name in (".iter_1.replaced", ".iter_2.replaced", "iter_2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text").write_text(name)
    remove_leftovers(tmp_path)
    assert {p.name: (p / "text").read_text() for p in tmp_path.iterdir()} == {
        "iter_1": ".iter_1.replaced",
        "iter_2": "iter_2",
    }


def test_remove_leftovers_of_a_prefix_and_of_a_missing_folder(tmp_path: Path) -> None:
    for name in (
        ".r_iter_1.x.00ff00ff.part",
        ".s_iter_1.x.00ff00ff.part",
        ".r_iter_1.x.part",
        "r_iter_1.part",
    ):
        (tmp_path / name).write_text("")
    assert [p.name for p in remove_leftovers(tmp_path, "r_iter_")] == [".r_iter_1.x.00ff00ff.part"]
    assert remove_leftovers(tmp_path / "none") == []


def test_error_of_a_full_disk_names_the_target_and_the_free_space(tmp_path: Path) -> None:
    message = r"No space left on device \(.* free on the disk of '.*'\): '.*/a'"
    with pytest.raises(OSError, match=message), atomic_path(tmp_path / "a"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_error_of_what_is_copied_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"'/none'$"), atomic_path(tmp_path / "a"):
        Path("/none").read_bytes()
    with pytest.raises(ConnectionResetError, match=r"^\[Errno 104\] reset$"), atomic_path(tmp_path / "a"):
        raise OSError(errno.ECONNRESET, "reset")


@pytest.mark.parametrize("full", [True, False])
def test_error_of_a_database_is_one_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    monkeypatch.setattr(atomic, "is_full", lambda path: full)
    message = r"No space left on device|Input/output error"
    with pytest.raises(OSError, match=message) as caught, atomic_path(tmp_path / "a"):
        raise lmdb.Error("mdb_txn_commit: Input/output error")
    assert caught.value.errno == (errno.ENOSPC if full else errno.EIO)
    assert caught.value.filename == str(tmp_path / "a")
    with pytest.raises(ValueError, match="x"), atomic_path(tmp_path / "a"):
        raise ValueError("x")
