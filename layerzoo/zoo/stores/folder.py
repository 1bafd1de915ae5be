"""A local or mounted folder as a store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from layerzoo.atomic import atomic_path, remove_leftovers
from layerzoo.regular_file import open_regular
from layerzoo.zoo.stores.store import Store, StoreFault, pieces_of


class FolderStore(Store):
    """Store in a folder.

    Args:
        folder: the folder.
        patience: seconds to wait for another writer.
    """

    def __init__(self, folder: Path, patience: float = 600.0) -> None:
        self.patience = patience
        self.folder = folder
        self.url = str(folder)

    @contextmanager
    def open(self, path: str, offset: int = 0) -> Iterator[Iterator[bytes]]:
        """Open a file, see `Store.open`."""
        try:
            file = open_regular(self.folder / path)
            file.seek(offset)
        except OSError as error:
            absent = isinstance(error, FileNotFoundError | NotADirectoryError)
            raise StoreFault(f"{self.folder / path}: {error.strerror or error}", absent=absent) from error
        with file:
            yield pieces_of(file, str(self.folder / path))

    def write(self, path: str, source: Path) -> None:
        """Write a file, see `Store.write`."""
        target = self.folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(target.parent, f"{target.name}.")
            with atomic_path(target) as temporary:
                shutil.copyfile(source, temporary)
        except OSError as error:
            raise StoreFault(f"{target} can't be written: {error.strerror or error}") from error

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Lock the folder against other writers, see `Store.exclusively`."""
        lock = FileLock(self.folder / ".lock", timeout=self.patience)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            message = f"{self.folder}: another process has been writing for {self.patience:.0f} seconds"
            raise StoreFault(message, passing=True) from None
        except OSError as error:
            raise StoreFault(f"{self.folder} can't be written: {error.strerror or error}") from error
        try:
            yield
        finally:
            lock.release()
