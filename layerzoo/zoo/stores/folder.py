"""A local or mounted folder as a store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from filelock import FileLock

from layerzoo.atomic import atomic_path
from layerzoo.zoo.stores.store import Store, StoreFault, pieces_of


class FolderStore(Store):
    """Store in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = str(folder)

    @contextmanager
    def open(self, path: str, offset: int = 0) -> Iterator[Iterator[bytes]]:
        """Open a file, see `Store.open`."""
        try:
            file = (self.folder / path).open("rb")
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
            with atomic_path(target) as temporary:
                shutil.copyfile(source, temporary)
        except OSError as error:
            raise StoreFault(f"{target} can't be written: {error.strerror or error}") from error

    def exclusively(self) -> AbstractContextManager[object]:
        """Lock the folder against other writers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / ".lock")
