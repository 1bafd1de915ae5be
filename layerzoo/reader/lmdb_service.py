"""The service that reads an LMDB. A damaged one can kill the process: liblmdb trusts what its pages say."""

from __future__ import annotations

import stat
from collections.abc import Iterator

import lmdb

from layerzoo.errors import DataError
from layerzoo.reader.failures import RecordError
from layerzoo.reader.protocol import Part
from layerzoo.reader.records import MAX_VALUE, RecordsService

_LEAST_RECORD = 10
"""Bytes of a record without a key and a value: its header, and its place in the page."""


class LMDBService(RecordsService):
    """The records of an LMDB, a folder or its file."""

    def open(self) -> tuple[int, int]:
        """Open the database; returns its number of records, and the size of its file."""
        path = self.path
        file = path / "data.mdb" if path.is_dir() else path
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{file}: not a regular file; expected an LMDB")
        size = status.st_size
        try:
            self._env = lmdb.open(str(path), subdir=path.is_dir(), readonly=True, lock=False, readahead=True)
            facts, used = self._env.stat(), self._env.info()
            with self._env.begin() as transaction:
                flags = self._env.open_db(txn=transaction).flags(transaction)
        except lmdb.Error as error:
            raise DataError(f"{file}: damaged, or not an LMDB: {error}") from None
        # a page past the end of a mapped file kills the process, so the size is checked first
        needed = (used["last_pgno"] + 1) * facts["psize"]
        if size < needed:
            raise DataError(f"{file}: truncated: {size} bytes, expected {needed}; copy it again")
        self._ordered = not any(flags.get(f) for f in ("reverse_key", "dupsort", "integer_key"))
        entries: int = facts["entries"]
        if not self._ordered:
            self.forget_keys()
        if entries > size // _LEAST_RECORD:
            raise DataError(f"{file}: damaged: {size} bytes can't hold the {entries} records that it counts")
        return entries, size

    def values(self, start: int) -> Iterator[Part]:
        """The values from record ``start`` on."""
        at = start
        try:
            with self._env.begin(buffers=True) as transaction, transaction.cursor() as cursor:
                if start and not self._move(cursor, start):
                    return
                last = b""
                for key, value in cursor.iternext():
                    previous, last = last, bytes(key)
                    if self._ordered and at != start and last <= previous:
                        raise RecordError(at, "damaged: its key is not greater than the one before")
                    if len(value) > MAX_VALUE:
                        raise RecordError(at, f"{len(value):,} bytes; at most {MAX_VALUE:,} are read")
                    yield value  # valid until the cursor moves
                    at += 1
                    self.progress.item(at)
        except lmdb.Error as error:
            raise RecordError(at, str(error)) from None

    def keys_from(self, start: int) -> Iterator[Part]:
        """The keys from record ``start`` on."""
        at = start
        try:
            with self._env.begin(buffers=True) as transaction, transaction.cursor() as cursor:
                if start and not self._move(cursor, start):
                    return
                for at, key in enumerate(cursor.iternext(values=False), start):
                    self.passed(at, key)
                    yield key
        except lmdb.Error as error:
            raise RecordError(at, str(error)) from None

    def close(self) -> None:
        """Close the database: another service may open it again."""
        super().close()
        self._env.close()

    def _move(self, cursor: lmdb.Cursor, start: int) -> bool:
        """Move to the record ``start``; False if there is none."""
        first, nearest = self.nearest(start)
        if nearest is not None and not cursor.set_key(nearest):
            self.forget_keys()  # damaged: a key that was read is not found
            first = 0
        # iterating over keys alone doesn't load the pages of the values
        for at, key in enumerate(cursor.iternext(values=False), first):
            self.passed(at, key)
            if at == start:
                return True
        return False
