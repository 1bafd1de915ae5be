"""Files and folders that are either wholly there or not there at all.

A power cut, a full disk or a kill in the middle of a write leaves what stood there before: everything is
written under a temporary name in the same folder, brought to the disk, and only then given its name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

TEMPORARY = ".part"
"""How a temporary name ends; whatever bears it is unfinished and may be deleted."""
REPLACED = ".replaced"
"""How the name of a folder ends that is being replaced; it is whole until its successor stands."""


@contextmanager
def atomic_path(target: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path to write a file or a folder to; on leaving, it becomes ``target``.

    The block creates the path (as a file, or as a folder with `Path.mkdir`). If the block raises, what it
    wrote is removed and ``target`` is untouched. A folder that stands at ``target`` is replaced whole.

    Raises:
        OSError: the disk is full, the folder is read-only, a sync failed; ``target`` is untouched.
    """
    target = Path(target)
    temporary = target.with_name(f".{target.name}.{token_hex(4)}{TEMPORARY}")
    try:
        yield temporary
        sync(temporary)
        if temporary.is_dir() and target.is_dir():
            _replace_folder(temporary, target)
        else:
            temporary.replace(target)
    except BaseException as error:
        with suppress(OSError):
            remove(temporary)
        if isinstance(error, OSError) and str(error.filename) == str(temporary):
            error.filename = str(target)  # the name that the caller has given
        raise
    sync(target.parent, deep=False)


def write_atomic(target: str | os.PathLike[str], data: bytes | str) -> None:
    """Make ``target`` a file that holds ``data`` (a string as UTF-8).

    Raises:
        OSError: as `atomic_path`.
    """
    with atomic_path(target) as path:
        path.write_bytes(data.encode() if isinstance(data, str) else data)


def sync(path: Path, deep: bool = True) -> None:
    """Bring a file, or a folder and (if ``deep``) all that is in it, to the disk."""
    if deep and path.is_dir():
        for child in path.iterdir():
            sync(child)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Delete a file, a link, or a folder with all that is in it; nothing there is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _replace_folder(new: Path, target: Path) -> None:
    """Rename cannot replace a folder that isn't empty, so the old one steps aside first."""
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
