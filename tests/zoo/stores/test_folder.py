"""A folder as a store."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from layerzoo.zoo.stores.folder import FolderStore
from layerzoo.zoo.stores.store import StoreFault


def content(store: FolderStore, path: str, offset: int = 0) -> bytes:
    with store.open(path, offset) as pieces:
        return b"".join(pieces)


def test_folder_store_reads_what_it_has_written(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"0123456789")
    store = FolderStore(tmp_path / "store")
    store.write("a/1/w.bin", source)
    assert (tmp_path / "store/a/1/w.bin").read_bytes() == b"0123456789"
    assert [path.name for path in (tmp_path / "store/a/1").iterdir()] == ["w.bin"], "no temporary file stays"
    assert content(store, "a/1/w.bin") == b"0123456789"
    assert content(store, "a/1/w.bin", 7) == b"789"
    assert content(store, "a/1/w.bin", 10) == b""


def test_folder_store_replaces_a_file_as_a_whole(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    (tmp_path / "w").write_bytes(b"old")
    with pytest.raises(StoreFault, match=r"w can't be written: No such file"):
        store.write("w", tmp_path / "missing")
    assert content(store, "w") == b"old"
    (tmp_path / "new").write_bytes(b"newer")
    store.write("w", tmp_path / "new")
    assert content(store, "w") == b"newer"


@pytest.mark.parametrize(("path", "absent"), [("none", True), ("file/below", True), ("folder", False)])
def test_folder_store_tells_an_absent_file_from_a_bad_one(path: str, absent: bool, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreFault, match=f"{tmp_path}/{path}: ") as caught, FolderStore(tmp_path).open(path):
        pass
    assert caught.value.absent is absent
    assert not caught.value.passing


def test_exclusively_keeps_other_writers_out(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "new")
    other = FileLock(tmp_path / "new/.lock", timeout=0)
    with store.exclusively(), pytest.raises(Timeout):
        other.acquire()
    with other:
        assert other.is_locked


def test_writer_that_never_ends_is_a_fault(tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / ".lock"),
        pytest.raises(StoreFault, match="another process has been writing for 0 seconds"),
        FolderStore(tmp_path, patience=0.1).exclusively(),
    ):
        pass
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(StoreFault, match="file can't be written: "),
        FolderStore(tmp_path / "file").exclusively(),
    ):
        pass


def test_pipe_in_a_folder_is_a_fault(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "index.json")
    with pytest.raises(StoreFault, match=r"index\.json: not a regular file but a FIFO"):
        FolderStore(tmp_path).small("index.json", 100)
    with pytest.raises(StoreFault, match="not a regular file but a device"):
        FolderStore(Path("/dev")).small("zero", 100)


def test_folder_store_removes_what_a_killed_writer_left_of_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"whole")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / f".w.bin.{2**22 + 1}-0123abcd.part").write_bytes(b"half")
    (tmp_path / "store" / f".other.{2**22 + 1}-0123abcd.part").write_bytes(b"half")
    FolderStore(tmp_path / "store").write("w.bin", tmp_path / "source")
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == [
        f".other.{2**22 + 1}-0123abcd.part",
        "w.bin",
    ]
