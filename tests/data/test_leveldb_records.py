import sys

import pytest

from layerzoo.data.leveldb_records import LevelDBRecords
from layerzoo.errors import DataError, MissingExtraError


@pytest.fixture
def folder(tmp_path):
    plyvel = pytest.importorskip("plyvel")
    db = plyvel.DB(str(tmp_path / "db"), create_if_missing=True)
    for i in (2, 0, 1, 3):
        db.put(b"%d" % i, bytes([i]))
    db.close()
    return tmp_path / "db"


def test_records_are_in_key_order_from_any_index(folder):
    records, other = LevelDBRecords(folder), LevelDBRecords(folder)
    assert len(records) == 4
    assert records.read([0, 1, 2, 3, 0, 2]) == [b"\0", b"\1", b"\2", b"\3", b"\0", b"\2"]
    assert other.read([3]) == [b"\3"]


def test_missing_and_damaged_databases_are_rejected(folder, tmp_path):
    with pytest.raises(FileNotFoundError):
        LevelDBRecords(tmp_path)
    (folder / "CURRENT").write_text("MANIFEST-nothing\n")
    with pytest.raises(DataError, match="damaged, in use, or not a LevelDB"):
        LevelDBRecords(folder)


def test_missing_plyvel_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "plyvel", None)
    with pytest.raises(MissingExtraError, match=r"layerzoo\[leveldb\]"):
        LevelDBRecords(tmp_path)
