"""Open files for reading only if they are regular files.

A path can come from a stranger's config, list or snapshot. Opening a FIFO would block for ever, reading a
device such as ``/dev/zero`` would never end, and opening some devices has side effects.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader, TextIOWrapper

_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFLNK: "a symbolic link",
}

AnyPath = str | os.PathLike[str]


def open_regular(path: AnyPath, follow_links: bool = True) -> BufferedReader:
    """Open a regular file to read its bytes.

    Args:
        path: the file.
        follow_links: whether it may be a symbolic link.

    Raises:
        OSError: the file can't be opened or is not a regular file; ``strerror`` says what it is.
    """
    check_regular(path, follow_links)
    link = 0 if follow_links else os.O_NOFOLLOW
    try:
        # between the check and here the path may become a FIFO, on which O_NONBLOCK keeps open from waiting
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | link)
    except ValueError as error:
        raise OSError(errno.EINVAL, str(error), os.fspath(path)) from None
    try:
        _check(os.fstat(descriptor).st_mode, path)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def open_text(path: AnyPath, errors: str = "strict", newline: str | None = None) -> TextIOWrapper:
    """Open a regular file to read it as UTF-8; ``errors`` and ``newline`` are those of `open`.

    Raises:
        OSError: see `open_regular`.
    """
    return TextIOWrapper(open_regular(path), encoding="utf-8", errors=errors, newline=newline)


def read_bytes(path: AnyPath, limit: int | None = None) -> bytes:
    """Read a regular file, at most its first ``limit`` bytes.

    Raises:
        OSError: see `open_regular`.
    """
    with open_regular(path) as file:
        if limit is None:
            return file.read()
        # a read of `limit` bytes allocates as many at once
        data = file.read(min(limit, os.fstat(file.fileno()).st_size + 1))
        while len(data) < limit and (more := file.read(min(limit - len(data), len(data) + (1 << 16)))):
            data += more  # it has grown, or is a file of the kernel, which has no size
        return data


def read_text(path: AnyPath, errors: str = "strict") -> str:
    """Read a regular file as UTF-8; ``errors`` is that of `open`.

    Raises:
        OSError: see `open_regular`.
        UnicodeDecodeError: it is not UTF-8, and ``errors`` is "strict".
    """
    with open_text(path, errors) as file:
        return file.read()


def check_regular(path: AnyPath, follow_links: bool = True) -> None:
    """Check that a path is a regular file, for a library that opens it itself; see `open_regular`.

    Raises:
        OSError: it is missing or not a regular file.
    """
    try:
        mode = os.stat(path, follow_symlinks=follow_links).st_mode  # noqa: PTH116 (pathlib takes long to import)
    except ValueError as error:  # a name with a null character
        raise OSError(errno.EINVAL, str(error), os.fspath(path)) from None
    _check(mode, path)


def _check(mode: int, path: AnyPath) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    kind = _KINDS.get(stat.S_IFMT(mode), "of an unknown kind")
    raise OSError(errno.EINVAL, f"not a regular file but {kind}", os.fspath(path))
