"""The service that reads a LevelDB, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from layerzoo.data.leveldb_records import new_leveldb
from layerzoo.errors import DataError
from layerzoo.reader.leveldb_service import LevelDBService

pytest.importorskip("plyvel")


class Progress:
    """Ignores reports."""

    def item(self, number: int) -> None:
        pass

    def goes_on(self) -> None:
        pass


def service(path: Path) -> LevelDBService:
    progress: Any = Progress()
    return LevelDBService({"path": str(path)}, progress)


def test_values_are_in_the_order_of_their_keys(tmp_path: Path) -> None:
    with new_leveldb(tmp_path / "db") as put:
        for index in (2, 0, 1):
            put(b"%d" % index, b"v%d" % index)
    database = service(tmp_path / "db")
    assert database.entries == 3
    assert list(database.values(0)) == [b"v0", b"v1", b"v2"]
    assert list(database.values(2)) == [b"v2"]
    assert list(database.values(3)) == []


def test_missing_and_damaged_databases_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="CURRENT is missing"):
        service(tmp_path)
    (tmp_path / "CURRENT").write_text("MANIFEST-nothing\n")
    with pytest.raises(DataError, match="damaged, in use, or not a LevelDB"):
        service(tmp_path)


def test_records_and_keys_are_found_from_any_record_on(tmp_path: Path) -> None:
    with new_leveldb(tmp_path / "db") as put:
        for index in range(300):
            put(b"%03d" % index, b"v%d" % index)
    database = service(tmp_path / "db")
    for start in (7, 299, 0, 150):
        assert next(database.values(start)) == b"v%d" % start
        assert list(database.keys_from(start)) == [b"%03d" % index for index in range(start, 300)]
    assert list(database.keys_from(300)) == []
    assert database.nearest(150) == (150, b"150")
