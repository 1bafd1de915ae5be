"""Stores that fsspec supports: ``s3://``, ``gs://``, ``hf://`` and others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from layerzoo.errors import MissingExtraError
from layerzoo.zoo.stores.store import Store, StoreFault, pieces_of

TIMEOUT: Final = 120.0

T = TypeVar("T")


class RemoteStore(Store):
    """Store at a URL of fsspec, which reads credentials from its own settings and the environment.

    Args:
        url: the URL.
        token: token for ``hf://``.
        timeout: time limit in seconds for opening a file, and for each chunk that is read.

    Raises:
        MissingExtraError: fsspec is not installed.
        StoreFault: unknown protocol, or a library it needs is not installed.
    """

    def __init__(self, url: str, token: str = "", timeout: float = TIMEOUT) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
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

        def opened() -> Any:
            file = self._files.open(f"{self._root}/{path}", "rb")
            if offset:
                file.seek(offset)
            return file

        try:
            file = in_time(opened, self.timeout)
        except Exception as error:  # exceptions depend on the protocol
            absent = isinstance(error, FileNotFoundError)
            raise StoreFault(f"{where}: {error}", absent=absent, passing=not absent) from error
        with file:
            yield pieces_of(_Timed(file, self.timeout), where)

    def write(self, path: str, source: Path) -> None:
        """Write a file, see `Store.write`."""
        target = f"{self._root}/{path}"
        try:
            self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
            self._files.put_file(str(source), target)
        except Exception as error:  # exceptions depend on the protocol
            raise StoreFault(f"{self.url}/{path} can't be written: {error}") from error


class _Timed:
    """The reads of a file with a time limit each."""

    def __init__(self, file: IO[bytes], seconds: float) -> None:
        self._file, self._seconds = file, seconds

    def read(self, count: int) -> bytes:
        """Read at most ``count`` bytes."""
        return in_time(lambda: self._file.read(count), self._seconds)


def in_time(work: Callable[[], T], seconds: float) -> T:
    """Run a function that may never return, in a thread; the thread is left behind if it doesn't.

    Raises:
        TimeoutError: it has not returned in time.
    """
    made: list[T] = []
    faults: list[Exception] = []

    def run() -> None:
        try:
            made.append(work())
        except Exception as error:
            faults.append(error)

    thread = threading.Thread(target=run, name="store", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"no answer within {seconds:g} seconds")
    if faults:
        raise faults[0]
    return made[0]
