from __future__ import annotations

import os
import socket
import tracemalloc
from pathlib import Path

import pytest

from layerzoo import regular_file
from layerzoo.regular_file import check_regular, open_regular, open_text, read_bytes, read_text


@pytest.fixture(params=[open_regular, open_text, read_bytes, read_text, check_regular])
def reader(request: pytest.FixtureRequest):
    return request.param


def test_regular_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("grüß\r\n".encode())
    (tmp_path / "link").symlink_to("a")
    for name in ("a", "link"):
        assert read_bytes(tmp_path / name) == "grüß\r\n".encode()
        assert read_text(str(tmp_path / name)) == "grüß\n"
    assert read_bytes(tmp_path / "a", limit=2) == b"gr"
    with open_regular(tmp_path / "a") as file:
        assert not os.get_inheritable(file.fileno())
    with open_text(tmp_path / "a") as text:
        assert next(text) == "grüß\n"


def test_fifos_sockets_devices_and_folders_are_refused(reader, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "socket"))
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name, kind in (
        ("fifo", "not a regular file but a FIFO"),
        ("socket", "not a regular file but a socket"),
        ("zero", "not a regular file but a device"),
        (".", "Is a directory"),
    ):
        with pytest.raises(OSError, match=kind) as caught:
            reader(tmp_path / name)
        assert caught.value.filename == str(tmp_path / name)


def test_missing_files_and_impossible_names_are_oserrors(reader, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        reader(tmp_path / "none")
    with pytest.raises(OSError, match="null"):
        reader("a\0b")


def test_path_that_becomes_a_fifo_after_the_check_is_refused(monkeypatch, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setattr(regular_file, "check_regular", lambda path, follow_links: None)
    with pytest.raises(OSError, match="a FIFO"):
        open_regular(tmp_path / "fifo")


def test_read_text_passes_invalid_utf_8_on(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff")
    assert read_text(tmp_path / "a", errors="surrogateescape") == "\udcff"
    with pytest.raises(UnicodeDecodeError):
        read_text(tmp_path / "a")


def test_limit_far_above_the_size_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    tracemalloc.start()
    try:
        assert read_bytes(tmp_path / "a", limit=1 << 30) == b"abc"
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs files without a size")
def test_files_without_a_size_are_read_up_to_the_limit() -> None:
    path = Path("/proc/self/status")
    assert path.stat().st_size == 0
    assert read_bytes(path, limit=5) == b"Name:"
    assert read_bytes(path, limit=1 << 20).count(b"\n") > 10
