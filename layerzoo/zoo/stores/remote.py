"""Whatever fsspec reaches: ``s3://``, ``gs://``, ``hf://`` and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from layerzoo.errors import MissingExtraError
from layerzoo.zoo.stores.store import Store, StoreFault, pieces_of


class RemoteStore(Store):
    """Reads and writes below a URL of fsspec's; its own settings and environment give the credentials.

    Raises:
        MissingExtraError: fsspec is not installed.
        StoreFault: it doesn't know the protocol, or what that needs is not installed.
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
        except (ImportError, ValueError) as error:  # fsspec says which library is missing
            raise StoreFault(f"{url}: {error}") from None

    @contextmanager
    def open(self, path: str, offset: int = 0) -> Iterator[Iterator[bytes]]:
        """The bytes of a file, see `Store.open`."""
        where = f"{self.url}/{path}"
        try:
            file = self._files.open(f"{self._root}/{path}", "rb")
            if offset:
                file.seek(offset)
        except Exception as error:  # each protocol has its own
            absent = isinstance(error, FileNotFoundError)
            raise StoreFault(f"{where}: {error}", absent=absent, passing=not absent) from error
        with file:
            yield pieces_of(file, where)

    def write(self, path: str, source: Path) -> None:
        """Put a file there, see `Store.write`."""
        target = f"{self._root}/{path}"
        try:
            self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
            self._files.put_file(str(source), target)
        except Exception as error:  # each protocol has its own
            raise StoreFault(f"{self.url}/{path} can't be written: {error}") from error
