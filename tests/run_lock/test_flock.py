"""A file locked by flock."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from layerzoo.run_lock.flock import Flock


def test_flock_excludes_another_descriptor(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    lock = Flock(path)
    assert lock.supported
    with pytest.raises(BlockingIOError):
        Flock(path)
    lock.write(b"longer")
    lock.write(b"x")
    assert path.read_bytes() == b"x"
    lock.close()
    lock.close()
    Flock(path).close()
    assert path.read_bytes() == b"x", "a new lock keeps the record of the last one"


def test_flock_of_a_deleted_file_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, plain = tmp_path / "a.lock", fcntl.flock

    def deleted(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", plain)
        path.unlink()  # by the process that had it, between our open and our flock
        plain(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", deleted)
    lock = Flock(path)
    with pytest.raises(BlockingIOError):
        Flock(path)
    lock.close()


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_flock_without_support(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    def fails(_descriptor: int, _operation: int) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(fcntl, "flock", fails)
    lock = Flock(tmp_path / "a.lock")
    assert not lock.supported
    lock.path.unlink()
    lock.write(b"x")
    assert lock.path.read_bytes() == b"x"
    lock.close()


def test_flock_that_fails_otherwise_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(fcntl, "flock", fails)
    before = set(Path("/proc/self/fd").iterdir())
    with pytest.raises(OSError, match="broken"):
        Flock(tmp_path / "a.lock")
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_flock_is_closed_in_a_forked_child_and_after_exec(tmp_path: Path) -> None:
    lock = Flock(tmp_path / "a.lock")
    descriptors = [int(path.name) for path in Path("/proc/self/fd").iterdir()]
    (mine,) = [d for d in descriptors if _target(d) == str(lock.path)]
    assert not os.get_inheritable(mine)
    child = os.fork()
    if child == 0:
        os._exit(int(any(_target(d) == str(lock.path) for d in descriptors)))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with pytest.raises(BlockingIOError):
        Flock(lock.path)
    lock.close()


def _target(descriptor: int) -> str:
    try:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink())
    except OSError:
        return ""
