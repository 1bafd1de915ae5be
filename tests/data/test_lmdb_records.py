import shutil

import lmdb
import numpy as np
import pytest

from layerzoo.data.lmdb_records import LMDBRecords, write_lmdb
from layerzoo.errors import DataError


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "db"
    assert write_lmdb(path, ((b"%04d" % i, bytes([i % 256]) * 5000) for i in range(300))) == 300
    return path


def first_bytes(values):
    return [value[0] for value in values]


def test_records_are_in_key_order(tmp_path):
    write_lmdb(tmp_path / "db", [(b"b", b"2"), (b"c", b"3"), (b"a", b"1")])
    records = LMDBRecords(tmp_path / "db")
    assert len(records) == 3
    assert records.read([0, 1, 2, 0, 1]) == [b"1", b"2", b"3", b"1", b"2"]


def test_read_accepts_indices_in_any_order(folder):
    records = LMDBRecords(folder)
    assert first_bytes(records.read([7, 8, 3, 255, 299, 0, 9])) == [7, 8, 3, 255, 43, 0, 9]


def test_database_is_shared_by_its_readers(folder):
    train, test = LMDBRecords(folder), LMDBRecords(folder)
    assert first_bytes(train.read([5]) + test.read([6]) + train.read([6])) == [5, 6, 6]
    train.close()
    assert first_bytes(test.read([7])) == [7]


def test_database_may_be_open_in_user_code(folder):
    own = lmdb.open(str(folder))
    with own.begin() as transaction:
        records = LMDBRecords(folder)
        assert first_bytes(records.read([5])) == [5]
        assert transaction.get(b"0007")[0] == 7
        records.close()
        assert transaction.get(b"0008")[0] == 8
    own.close()
    assert first_bytes(records.read([6])) == [6]


def test_path_may_be_the_data_file(folder):
    whole = LMDBRecords(folder)
    by_file = LMDBRecords(folder / "data.mdb")
    assert first_bytes(by_file.read([2]) + whole.read([3])) == [2, 3]


def test_write_lmdb_is_atomic(tmp_path):
    def records():
        yield b"a", b"1"
        raise RuntimeError("the source ended")

    with pytest.raises(RuntimeError):
        write_lmdb(tmp_path / "db", records())
    assert not list(tmp_path.iterdir())


def test_map_grows_while_writing(tmp_path, monkeypatch):
    monkeypatch.setattr("layerzoo.data.lmdb_records._FIRST_MAP", 1 << 16)
    write_lmdb(tmp_path / "db", ((b"%04d" % i, b"x" * 10_000) for i in range(50)))
    assert len(LMDBRecords(tmp_path / "db").read(list(range(50)))) == 50


def test_truncated_file_is_rejected(folder):
    file = folder / "data.mdb"
    whole = file.read_bytes()
    for length in (0, 100, 8192, 20_000, len(whole) - 1):
        file.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"data\.mdb: (truncated|damaged|.*)") as caught:
            LMDBRecords(folder)
        assert "truncated" in str(caught.value) or "damaged" in str(caught.value)


def test_damaged_record_is_named(folder):
    file = folder / "data.mdb"
    content = bytearray(file.read_bytes())
    content[8192 : len(content)] = np.random.default_rng(0).bytes(4096) * ((len(content) - 8192) // 4096)
    file.write_bytes(content)
    with pytest.raises(DataError, match="db: record 0: "):
        LMDBRecords(folder).read([0])


def test_missing_records_are_named(folder):
    records = LMDBRecords(folder)
    records._database.entries = 400
    with pytest.raises(DataError, match="db: record 399: missing, though the database counts 400 records"):
        records.read([399])


def test_missing_empty_and_foreign_files_are_rejected(tmp_path):
    with pytest.raises(FileNotFoundError):
        LMDBRecords(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        LMDBRecords(tmp_path)
    (tmp_path / "text").write_text("no database" * 2000)
    with pytest.raises(DataError, match="text: damaged, or not an LMDB"):
        LMDBRecords(tmp_path / "text")
    lmdb.open(str(tmp_path / "empty")).close()
    with pytest.raises(DataError, match="the LMDB is empty; expected at least one record"):
        LMDBRecords(tmp_path / "empty")


def test_database_closes_with_its_last_reader(folder, tmp_path):
    records = LMDBRecords(folder)
    records.read([0])
    del records
    shutil.move(folder, tmp_path / "moved")
    lmdb.open(str(tmp_path / "moved"), readonly=True, lock=False).close()
    assert first_bytes(LMDBRecords(tmp_path / "moved").read([1])) == [1]


def test_folder_without_a_database_says_so(tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(FileNotFoundError, match=r"the folder has no file data\.mdb"):
        LMDBRecords(tmp_path / "photos")
