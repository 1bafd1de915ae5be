"""A file locked by ``flock``, which the kernel releases when the process ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from errno import EACCES, EAGAIN, ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP, ESTALE
from pathlib import Path

_UNSUPPORTED = frozenset({ENOSYS, ENOLCK, ENOTSUP, EOPNOTSUPP})
"""Errors of ``flock`` on a file system without locks."""
_TRIES = 100

_open: set[int] = set()
"""Descriptors of this process's files."""


def _close_all() -> None:
    """In a forked child: close the parent's files, whose locks would otherwise last as long as the child."""
    for descriptor in _open:
        with suppress(OSError):
            os.close(descriptor)
    _open.clear()


os.register_at_fork(after_in_child=_close_all)


class Flock:
    """A file that this process has locked, or only opened on a file system without locks.

    Args:
        path: the file, which is created if it is missing.

    Attributes:
        path: the file.
        supported: whether the file system has locks.

    Raises:
        BlockingIOError: another process has locked it.
        OSError: it can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        for _ in range(_TRIES):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
            _open.add(self._descriptor)
            try:
                self.supported = _lock(self._descriptor)
                if self._is_at_path():
                    return
            except BaseException:
                self.close()
                raise
            self.close()  # its process deleted it after this one had opened it
        raise BlockingIOError(EAGAIN, "deleted again and again", str(path))

    def write(self, data: bytes) -> None:
        """Replace the content of the file.

        Raises:
            OSError: the disk is full.
        """
        if not self.supported:  # another process may have deleted the file meanwhile
            self.path.write_bytes(data)
            return
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, data, 0)

    def close(self) -> None:
        """Unlock and close the file."""
        if self._descriptor in _open:
            _open.remove(self._descriptor)
            with suppress(OSError):
                os.close(self._descriptor)

    def _is_at_path(self) -> bool:
        try:
            there, here = self.path.lstat(), os.fstat(self._descriptor)
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno == ESTALE:  # deleted on another machine
                return False
            raise
        return os.path.samestat(there, here)


def _lock(descriptor: int) -> bool:
    """Lock a file without waiting; returns whether the file system has locks.

    Raises:
        BlockingIOError: another process has locked it.
        OSError: the lock failed for another reason.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {EACCES, EAGAIN}:
            raise BlockingIOError(error.errno, error.strerror) from None
        if error.errno not in _UNSUPPORTED:
            raise
        return False
    return True
