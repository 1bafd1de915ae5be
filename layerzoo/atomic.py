"""Write files and folders atomically.

After a power failure, a full disk or a kill in the middle of a write, the old content is unchanged: the new
content is written under a temporary name in the same folder, synced to disk, and then renamed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

TEMPORARY = ".part"
"""The suffix of temporary names; a file or folder with it is incomplete and may be deleted."""
REPLACED = ".replaced"
"""The suffix of a folder that is being replaced; it is complete until the new folder has its name."""


@contextmanager
def atomic_path(target: str | os.PathLike[str]) -> Iterator[Path]:
    """Provide a temporary path for a file or folder, which is renamed to ``target`` at the end of the block.

    The block creates the path (as a file, or as a folder with `Path.mkdir`). If the block raises, the
    temporary path is removed and ``target`` is unchanged. An existing folder at ``target`` is replaced.

    Raises:
        OSError: the disk is full, the folder is read-only, or a sync failed; ``target`` is unchanged.
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
            error.filename = str(target)  # the name that the caller knows
        raise
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
