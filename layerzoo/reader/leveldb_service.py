"""The service that reads a LevelDB, with the optional package plyvel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from layerzoo.errors import DataError, MissingExtraError
from layerzoo.reader.failures import RecordError
from layerzoo.reader.protocol import Part
from layerzoo.reader.records import RecordsService

_REPORT_EVERY = 4096


class LevelDBService(RecordsService):
    """The records of a LevelDB. Opening one iterates over all keys, since LevelDB stores no count."""

    def open(self) -> tuple[int, int]:
        """Open the database; returns its number of records, and the size of its file."""
        path = self.path
        if self.is_locked_down:
            raise DataError(
                f"{path}: a LevelDB can't be read in the sandbox, since opening it writes to its folder; "
                "convert it to an LMDB"
            )
        try:
            import plyvel
        except ImportError:
            raise MissingExtraError("LevelDB", "leveldb") from None
        if not (path / "CURRENT").exists():
            raise FileNotFoundError(2, "not a LevelDB (file CURRENT is missing)", str(path))
        self._error: type[Exception] = plyvel.Error
        entries = 0
        try:
            self._db: Any = plyvel.DB(str(path), create_if_missing=False)
            for entries, _ in enumerate(self._db.iterator(include_value=False), 1):
                if entries % _REPORT_EVERY == 0:
                    self.progress.goes_on()
        except plyvel.Error as error:
            raise DataError(f"{path}: damaged, in use, or not a LevelDB: {error}") from None
        return entries, sum(file.stat().st_size for file in path.iterdir())

    def close(self) -> None:
        """Close the database, which is locked while it is open."""
        super().close()
        self._db.close()

    def values(self, start: int) -> Iterator[Part]:
        """The values from record ``start`` on."""
        return self._from(start, include_key=False)

    def keys_from(self, start: int) -> Iterator[Part]:
        """The keys from record ``start`` on."""
        return self._from(start, include_value=False)

    def _from(self, start: int, **what: bool) -> Iterator[Part]:
        at = start
        try:
            first = self._key(start)
            if first is not None:
                for at, part in enumerate(self._db.iterator(start=first, **what), start):  # noqa: B007 (for errors)
                    yield part
        except self._error as error:
            raise RecordError(at, str(error)) from None

    def _key(self, start: int) -> bytes | None:
        """The key of the record ``start``; None if there is none."""
        first, nearest = self.nearest(start)
        key: bytes
        for at, key in enumerate(self._db.iterator(start=nearest, include_value=False), first):
            self.passed(at, key)
            if at == start:
                return key
        return None
