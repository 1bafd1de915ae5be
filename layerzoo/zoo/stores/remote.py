"""Stores that fsspec supports: ``s3://``, ``gs://``, ``hf://`` and others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from layerzoo.errors import MissingExtraError
from layerzoo.zoo.stores.store import Store, StoreFault, pieces_of


class RemoteStore(Store):
    """Store at a URL of fsspec, which reads credentials from its own settings and the environment.

    Raises:
        MissingExtraError: fsspec is not installed.
        StoreFault: unknown protocol, or a library it needs is not installed.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        try:
            import fsspec  # type: ignore[import-untyped]  # it has no types

        except ImportError:
            raise MissingExtraError(f"a store at {url}", "remote") from None
        options = {"token": token} if token and url.startswith("hf://") else {}
        self._files: Any
        try:
            self._files, self._root = fsspec.core.url_to_fs(self.url, **options)
        except (ImportError, ValueError) as error:  # the message names the missing library
            raise StoreFault(f"{url}: {error}") from None

    @contextmanager
    def open(self, path: str, offset: int = 0) -> Iterator[Iterator[bytes]]:
        """Open a file, see `Store.open`."""
        where = f"{self.url}/{path}"
        try:
            file = self._files.open(f"{self._root}/{path}", "rb")
            if offset:
                file.seek(offset)
        except Exception as error:  # exceptions depend on the protocol
            absent = isinstance(error, FileNotFoundError)
            raise StoreFault(f"{where}: {error}", absent=absent, passing=not absent) from error
        with file:
            yield pieces_of(file, where)

    def write(self, path: str, source: Path) -> None:
        """Write a file, see `Store.write`."""
        target = f"{self._root}/{path}"
        try:
            self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
            self._files.put_file(str(source), target)
        except Exception as error:  # exceptions depend on the protocol
            raise StoreFault(f"{self.url}/{path} can't be written: {error}") from error
