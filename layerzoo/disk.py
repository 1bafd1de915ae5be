"""Free space of disks, errors of full ones, and files of lines that are never left incomplete."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

_HARDLY_ANY = 64 << 10
_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO)
_NUMBER = re.compile(r"\(os error (\d+)\)|\berrno = (\d+)")
"""Matches the error number in messages of safetensors and HDF5."""


def readable(size: float) -> str:
    """Format a number of bytes.

    >>> readable(100), readable(1536), readable(3 * 2**30)
    ('100 B', '1.5 KiB', '3.0 GiB')
    """
    units = iter(("B", "KiB", "MiB", "GiB"))
    unit = next(units)
    while size >= 1024 and unit != "GiB":
        size, unit = size / 1024, next(units)
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def decimal_size(count: float) -> str:
    """Format a number of bytes as stores and browsers do, in powers of 1000.

    >>> decimal_size(950), decimal_size(1_740_000), decimal_size(12_000)
    ('950 B', '1.7 MB', '12 kB')
    """
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} GB"


def free_bytes(path: str | Path) -> int | None:
    """The bytes that this user can still write to the disk of a path, which need not exist.

    Returns:
        None if the file system doesn't report them.
    """
    path = Path(path).absolute()
    for existing in (path, *path.parents):
        with suppress(OSError):
            found = os.statvfs(existing)
            return found.f_bavail * found.f_frsize if found.f_blocks else None
    return None


def shortage(folder: str | Path, needed: int) -> str | None:
    """A message if the disk of a folder has fewer than ``needed`` free bytes; None if not, or if unknown."""
    free = free_bytes(folder)
    if free is None or free >= needed:
        return None
    return f"{readable(needed)} needed, {readable(free)} free on the disk of '{folder}'"


class NoSpaceError(OSError):
    """A disk is full, or a limit on the size of files is reached; the message has the free space."""


def system_error(error: Exception, path: str | Path) -> OSError:
    """An exception of a library as an OSError that names a path, with the number in its message, if any."""
    if match := _NUMBER.search(str(error)):
        number = int(match[1] or match[2])
        return OSError(number, os.strerror(number), str(path))
    if isinstance(error, OSError) and error.errno is not None:
        return OSError(error.errno, error.strerror or os.strerror(error.errno), str(path))
    named = [number for number in _NUMBERS if os.strerror(number) in str(error)]
    return (
        OSError(named[0], os.strerror(named[0]), str(path))
        if named
        else OSError(errno.EIO, str(error), str(path))
    )


def is_full(path: str | Path) -> bool:
    """Whether the disk of a path has hardly any free space; libraries may report only a failed write."""
    free = free_bytes(path)
    return free is not None and free < _HARDLY_ANY


def with_cause(error: Exception, path: str | Path, full: bool = False) -> OSError:
    """An exception of a write as an OSError that names the path; of a full disk as a `NoSpaceError`.

    Args:
        error: an OSError, or the exception of a library that has the system's error only in its message.
        path: the file or folder that was being written.
        full: the disk was full when the write failed.
    """
    plain = system_error(error, path)
    if full and plain.errno == errno.EIO:
        plain = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    if isinstance(error, NoSpaceError):
        return NoSpaceError(error.errno, error.strerror, str(path))
    if plain.errno not in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        return plain
    about = ""
    if plain.errno == errno.ENOSPC and (free := free_bytes(path)) is not None:
        about = f" ({readable(free)} free on the disk of '{Path(path).parent}')"
    elif plain.errno == errno.EFBIG:
        about = " (the limit of this process, ulimit -f)"
    return NoSpaceError(plain.errno, f"{plain.strerror}{about}", str(path))


def unwritable(folder: Path, error: Exception) -> str:
    """The message for a run whose files can't be written to a folder, with the fix."""
    cause = with_cause(error, folder)
    fix = "set snapshot_prefix to a folder that can be written to"
    if isinstance(cause, NoSpaceError):
        fix = "free space there, or set snapshot_prefix to a folder on another disk"
    return f"can't write to '{folder}' ({cause.strerror or error}); {fix}"


class LineFile:
    """Appends whole lines to a file; a line that can't be written leaves nothing behind.

    The file is opened by the first line, so that a file that can't be opened is an error of `append` too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: io.FileIO | None = None

    def open(self) -> None:
        """Open the file, unless it is open.

        Raises:
            OSError: it can't be opened.
        """
        if self._file is None:
            self._file = _opened(self.path)

    def append(self, text: str) -> None:
        """Write lines, and a line feed after them.

        Raises:
            OSError: the file can't be written; it ends with the line before.
        """
        self.open()
        assert self._file is not None
        size = self._file.seek(0, os.SEEK_END)
        data = memoryview(f"{text}\n".encode(errors="backslashreplace"))
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file.fileno(), size)
            raise

    def sync(self) -> None:
        """Sync the file to disk.

        Raises:
            OSError: the disk failed.
        """
        if self._file is not None:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; another line opens it again."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None


def _opened(path: Path) -> io.FileIO:
    """A file to append to; a last line that a power cut has left incomplete is ended."""
    file = io.FileIO(path, "a+")
    try:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
    except BaseException:
        file.close()
        raise
    return file
