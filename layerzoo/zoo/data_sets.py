"""Download the files of named data sets, and verify them."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from layerzoo.atomic import sync
from layerzoo.data.dataset import DATASETS, NamedSet
from layerzoo.data.remote_files import RemoteFile
from layerzoo.errors import UsageError, ZooError
from layerzoo.zoo.download import Progress, download
from layerzoo.zoo.remotes import OFFLINE, offline

log = logging.getLogger("layerzoo")

_SPARE_BYTES: Final = 1 << 26


def get_data_set(name: str, mirrors: Sequence[str] = (), progress: Progress | None = None) -> Path:
    """Download the files of a named data set that are missing or damaged; interrupted downloads are resumed.

    Args:
        name: the data set.
        mirrors: URLs or folders that hold the files, to use in place of the known ones.
        progress: called during downloads.

    Returns:
        the folder of the files.

    Raises:
        UsageError: there is no such data set, or it has nothing to download.
        ZooError: a file can't be downloaded, or differs from the published hash.
    """
    known = ", ".join(known for known in DATASETS if DATASETS[known].files)
    if name not in DATASETS:
        raise UsageError(f"unknown data set '{name}'; data sets to download: {known}")
    named = DATASETS[name]
    if not named.files:
        raise UsageError(f"data set '{name}' has nothing to download; data sets to download: {known}")
    folder = named.folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            missing = [file for file in named.files if not is_whole(folder / file.name, file)]
            _check(folder, missing)
            for file in missing:
                _get(folder, file, mirrors, progress)
    except OSError as error:
        raise ZooError(f"{folder} can't be written: {error.strerror or error}") from None
    return folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder of downloads; a process that ends, however it does, releases it."""
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.warning("waiting for another process, which downloads to %s", folder)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def state_of(named: type[NamedSet]) -> str:
    """Whether the files of a data set are there, by their sizes: present, incomplete, or absent."""
    sizes = [_size(folder / file.name) == file.size for file in named.files for folder in (named.folder(),)]
    return "present" if all(sizes) else "incomplete" if any(sizes) else "absent"


def is_whole(path: Path, file: RemoteFile) -> bool:
    """Whether a file has the published size and hash."""
    if _size(path) != file.size:
        return False
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _check(folder: Path, missing: Sequence[RemoteFile]) -> None:
    """Check that the missing files may be downloaded, and that there is room for them."""
    if not missing:
        return
    if offline():
        raise ZooError(f"{missing[0].name} is missing, and {OFFLINE} disables downloads")
    have = sum(max(0, _size(_partial(folder, file))) for file in missing)
    needed, free = sum(file.size for file in missing) - have, shutil.disk_usage(folder).free
    if needed > max(0, free - _SPARE_BYTES):
        raise ZooError(f"{needed / 1e9:,.2f} GB are needed; {folder} has {free / 1e9:,.2f} GB free")


def _partial(folder: Path, file: RemoteFile) -> Path:
    return folder / f"{file.name}.part"


def _get(folder: Path, file: RemoteFile, mirrors: Sequence[str], progress: Progress | None) -> None:
    """Download a file from the first mirror that has it."""
    urls = [f"{mirror.rstrip('/')}/{file.name}" for mirror in mirrors] or file.urls
    partial, faults = _partial(folder, file), []

    def show(_: str, done: int, __: int) -> None:
        if progress is not None:
            progress(file.name, done, file.size)

    for url in urls:
        try:
            download(url, partial, file.sha256, show, file.size)
        except ZooError as error:
            faults.append(str(error))
        else:
            sync(partial)  # its name says that it is whole, also after a power cut
            partial.replace(folder / file.name)
            return
    raise ZooError(f"{file.name} can't be downloaded: {'; '.join(dict.fromkeys(faults))}")
