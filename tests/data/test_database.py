"""Databases by their kind; more in the tests of the layer Data."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data.database import open_records
from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.errors import LayerFault
from layerzoo.schema import DataParameter


def test_lmdb_is_opened_whether_named_or_not(tmp_path: Path) -> None:
    write_lmdb(tmp_path / "db", [(b"0", b"value")])
    for param in (
        DataParameter(source=str(tmp_path / "db")),
        DataParameter(source=str(tmp_path / "db"), backend=1),
    ):
        records = open_records(param)
        assert records.read([0]) == [b"value"]
        records.close()


def test_wrong_or_missing_databases_name_the_field(tmp_path: Path) -> None:
    write_lmdb(tmp_path / "db", [(b"0", b"value")])
    with pytest.raises(LayerFault, match="is an LMDB; backend is LEVELDB"):
        open_records(DataParameter(source=str(tmp_path / "db"), backend=0))
    with pytest.raises(LayerFault, match="can't be opened"):
        open_records(DataParameter(source=str(tmp_path / "none"), backend=1))
