"""The services of databases: values by the index of their record, in the order of the keys."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from layerzoo.reader.cursor import Cursor
from layerzoo.reader.failures import RecordError
from layerzoo.reader.protocol import Message
from layerzoo.reader.serve import Answer, Progress, Service

MAX_VALUE = 1 << 30
"""The largest value that is read; a Datum can't be larger than 2 GB."""
_ENOUGH = 1 << 25
"""Bytes after which an answer ends, even if more records were asked for."""


class RecordsService(Service):
    """A database, opened once, with cursors for each of its readers."""

    calls: ClassVar = ("read",)

    def __init__(self, setup: dict[str, Any], progress: Progress) -> None:
        self.progress = progress
        self.path = Path(setup["path"])
        self.is_locked_down = setup.get("sandbox") is not None
        self._cursors: dict[int, Cursor] = {}
        self.entries, self.size = self.open()

    @abstractmethod
    def open(self) -> tuple[int, int]:
        """Open the database; returns its number of records, and the size of its file."""

    @abstractmethod
    def values(self, start: int) -> Iterator[bytes]:
        """The values from record ``start`` on.

        Raises:
            RecordError: a record can't be read.
        """

    def facts(self) -> dict[str, Any]:
        """The number of records, and the size of the file in bytes."""
        return {"entries": self.entries, "size": self.size}

    def close(self) -> None:
        """Close the database."""
        self._cursors.clear()

    def read(self, question: Message) -> Answer:
        """The values of some records; fewer than asked for if they are large, but at least one."""
        for number in question.head["drop"]:
            self._cursors.pop(number, None)
        cursor = self._cursors.setdefault(question.head["cursor"], Cursor(self.values))
        values, size = [], 0
        for index in question.head["indices"]:
            self.progress.item(index)
            value = cursor.read(index)
            if value is None:
                raise RecordError(index, None)
            values.append(value)
            size += len(value)
            if size > _ENOUGH:
                break
        return {}, values
