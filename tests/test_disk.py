"""Free space, errors of full disks, and files of lines."""

from __future__ import annotations

import errno
import os
import resource
from pathlib import Path

import pytest

from layerzoo import disk
from layerzoo.disk import (
    LineFile,
    NoSpaceError,
    decimal_size,
    free_bytes,
    shortage,
    system_error,
    unwritable,
    with_cause,
)


@pytest.fixture
def two_kib_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda path: 2048)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9949, "9.9 kB"),
        (250_000, "250 kB"),
        (1.75e6, "1.8 MB"),
        (3e10, "30.0 GB"),
    ],
)
def test_decimal_size_is_readable(count: float, text: str) -> None:
    assert decimal_size(count) == text


def test_free_bytes_is_that_of_the_nearest_folder_that_exists(tmp_path: Path) -> None:
    found = os.statvfs(tmp_path)
    free = free_bytes(tmp_path / "not" / "there")
    assert free is not None
    assert abs(free - found.f_bavail * found.f_frsize) < 1 << 30


def test_free_bytes_is_unknown_where_the_file_system_reports_no_size() -> None:
    assert os.statvfs("/proc").f_blocks == 0
    assert free_bytes("/proc") is None
    assert shortage("/proc", 1 << 60) is None


@pytest.mark.usefixtures("two_kib_free")
def test_shortage_names_both_sizes() -> None:
    assert shortage("/x", 2048) is None
    assert shortage("/x", 5 << 20) == "5.0 MiB needed, 2.0 KiB free on the disk of '/x'"


@pytest.mark.usefixtures("two_kib_free")
def test_with_cause_of_a_full_disk_has_the_free_space() -> None:
    error = with_cause(OSError(errno.ENOSPC, "No space left on device"), "/a/b")
    assert isinstance(error, NoSpaceError)
    assert (error.errno, error.filename) == (errno.ENOSPC, "/a/b")
    assert error.strerror == "No space left on device (2.0 KiB free on the disk of '/a')"
    again = with_cause(error, "/c")
    assert (again.strerror, again.filename) == (error.strerror, "/c"), "the free space is said once"


def test_with_cause_of_other_errors_names_the_path() -> None:
    error = with_cause(FileNotFoundError(errno.ENOENT, "No such file or directory", "/tmp/.x.part"), "/a/b")
    assert isinstance(error, FileNotFoundError)
    assert error.filename == "/a/b"
    assert "ulimit -f" in str(with_cause(OSError(errno.EFBIG, "File too large"), "/a/b"))


@pytest.mark.parametrize(
    "message",
    ["I/O error: No space left on device (os error 28)", "file write failed: x\n, errno = 28, error message"],
)
def test_system_error_finds_the_number_in_a_message(message: str) -> None:
    error = system_error(RuntimeError(message), "/a/b")
    assert (error.errno, error.strerror, error.filename) == (28, "No space left on device", "/a/b")


def test_system_error_without_a_number_keeps_the_message() -> None:
    error = system_error(RuntimeError("broken"), "/a/b")
    assert (error.errno, error.strerror, error.filename) == (errno.EIO, "broken", "/a/b")
    assert system_error(RuntimeError("x: Read-only file system"), "/a/b").errno == errno.EROFS


def test_line_file_appends_and_ends_an_incomplete_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\nhalf")
    lines = LineFile(path)
    lines.append("one")
    lines.close()
    lines.append("two")
    lines.sync()
    lines.close()
    assert path.read_text() == "before\nhalf\none\ntwo\n"


def test_line_file_leaves_nothing_of_a_line_that_does_not_fit(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "log")
    lines.append("x" * 9)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (15, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            lines.append("y" * 9)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    lines.append("z")
    lines.close()
    assert (tmp_path / "log").read_text() == "x" * 9 + "\nz\n"


def test_line_file_that_is_not_a_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    with pytest.raises(OSError, match="not a regular file"):
        LineFile(tmp_path / "log").append("x")
    with pytest.raises(IsADirectoryError):
        LineFile(tmp_path).append("x")


@pytest.mark.usefixtures("two_kib_free")
def test_unwritable_names_the_fix() -> None:
    assert unwritable(Path("/a/b"), OSError(errno.ENOSPC, "No space left on device")) == (
        "can't write to '/a/b' (No space left on device (2.0 KiB free on the disk of '/a')); free space "
        "there, or set snapshot_prefix to a folder on another disk"
    )
    assert unwritable(Path("/a"), ValueError("embedded null byte")) == (
        "can't write to '/a' (embedded null byte); set snapshot_prefix to a folder that can be written to"
    )
