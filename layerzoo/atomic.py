"""Write files and folders atomically.

After a power failure, a full disk or a kill in the middle of a write, the old content is unchanged: the new
content is written under a temporary name in the same folder, synced to disk, and then renamed. What a killed
process leaves behind is deleted by `remove_leftovers`.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from layerzoo.disk import is_full, with_cause

TEMPORARY = ".part"
"""The suffix of temporary names; a file or folder with it is incomplete and may be deleted."""
REPLACED = ".replaced"
"""The suffix of a folder that is being replaced; it is complete until the new folder has its name."""

_LEFTOVER = re.compile(
    rf"\.(?P<target>.+)\.(?:(?P<process>\d+)-)?(?:[0-9a-f]{{8}}|deleted){re.escape(TEMPORARY)}"
    rf"|\.(?P<replaced>.+){re.escape(REPLACED)}"
    r"|\.probe\.[0-9a-f]{8}"  # of Layerzoo before 0.3.0
)
_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
_DATABASES = frozenset({"lmdb", "plyvel"})
"""Packages that have exceptions of their own for failed writes."""
_writing: set[str] = set()
"""Temporary names that this process is writing to."""


@contextmanager
def atomic_path(target: str | os.PathLike[str]) -> Iterator[Path]:
    """Provide a temporary path for a file or folder, which is renamed to ``target`` at the end of the block.

    The block creates the path (as a file, or as a folder with `Path.mkdir`). If the block raises, the
    temporary path is removed and ``target`` is unchanged. An existing folder at ``target`` is replaced.

    Raises:
        OSError: the disk is full, the folder is read-only, or a sync failed; ``target`` is unchanged. The
            error names ``target``, and of a full disk the free space.
    """
    target = Path(target)
    temporary = target.with_name(f".{target.name}.{os.getpid()}-{token_hex(4)}{TEMPORARY}")
    _writing.add(temporary.name)
    try:
        yield temporary
        sync(temporary)
        if temporary.is_dir() and target.is_dir():
            _replace_folder(temporary, target)
        else:
            temporary.replace(target)
    except BaseException as error:
        full = is_full(temporary)
        with suppress(OSError):
            remove(temporary)
        if isinstance(error, Exception) and _is_of(temporary, error):
            raise with_cause(error, target, full) from error  # by the name that the caller knows
        raise
    finally:
        _writing.discard(temporary.name)
    sync(target.parent, deep=False)


def write_atomic(target: str | os.PathLike[str], data: bytes | str) -> None:
    """Write ``data`` (a string as UTF-8) to the file ``target``.

    Raises:
        OSError: as for `atomic_path`.
    """
    with atomic_path(target) as path:
        path.write_bytes(data.encode() if isinstance(data, str) else data)


def sync(path: Path, deep: bool = True) -> None:
    """Sync a file or folder to disk; if ``deep``, with all contents of the folder."""
    if deep and path.is_dir():
        for child in path.iterdir():
            sync(child)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Delete a file, a link, or a folder with its contents; a missing path is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_leftovers(folder: Path, prefix: str = "") -> list[Path]:
    """Delete what killed processes have left of files and folders that they were writing.

    A folder that was being replaced gets its name back if the new one is missing: then it is the only copy.
    What a living process of this machine is writing stays. Call this under a lock that all writers to the
    folder hold: a process of another machine isn't recognised.

    Args:
        folder: the folder; its subfolders are not searched.
        prefix: only leftovers of files and folders whose names begin so.

    Returns:
        the paths that were deleted or renamed; those that can't be are left.
    """
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 (a folder can hold many files)
    except OSError:
        return []
    handled = []
    for name in names:
        match = _LEFTOVER.fullmatch(name) if name.startswith(f".{prefix}") else None
        if match is None or name in _writing or _is_alive(match["process"]):
            continue
        path = folder / name
        with suppress(OSError):
            if match["replaced"] and not (folder / match["replaced"]).exists():
                path.rename(folder / match["replaced"])
            else:
                remove(path)
            handled.append(path)
    return handled


def _is_alive(process: str | None) -> bool:
    """Whether another process of this number exists; this one's own number was a killed one's before."""
    if process is None or int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # another user's
    return True


def _is_of(temporary: Path, error: Exception) -> bool:
    """Whether an error comes from writing a temporary path, not from what its content is read from."""
    if type(error).__module__.partition(".")[0] in _DATABASES:
        return True
    if not isinstance(error, OSError):
        return False
    if error.filename is None:
        return error.errno in _OF_THE_DISK
    return Path(str(error.filename)).is_relative_to(temporary)


def _replace_folder(new: Path, target: Path) -> None:
    """Replace a folder; the old one is renamed first, since a rename can't replace a folder with contents."""
    aside = target.with_name(f".{target.name}{REPLACED}")
    remove(aside)
    target.rename(aside)
    try:
        new.rename(target)
    except BaseException:
        aside.rename(target)
        raise
    sync(target.parent, deep=False)
    with suppress(OSError):
        remove(aside)
