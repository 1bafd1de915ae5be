"""An LMDB that is continued after an interruption, and verified."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import lmdb
import pytest

from layerzoo.errors import DataError
from layerzoo.tools import resumable_lmdb
from layerzoo.tools.resumable_lmdb import ResumableLMDB, locked


def records(start: int, stop: int, fail_at: int = -1) -> Iterator[tuple[bytes, bytes]]:
    for number in range(start, stop):
        if number == fail_at:
            raise KeyboardInterrupt
        yield b"%08d" % number, b"value %d" % number


def origins(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def content(path: Path) -> list[tuple[bytes, bytes]]:
    with lmdb.open(str(path), readonly=True, lock=False) as env, env.begin() as transaction:
        return list(transaction.cursor())


def test_a_database_appears_when_it_is_whole(tmp_path: Path) -> None:
    database = ResumableLMDB(tmp_path / "db", "x", origins(1200))
    assert database.written() == 0
    database.write(records(0, 1200))
    assert not (tmp_path / "db").exists()
    shown: list[tuple[str, int, int]] = []
    database.finish(1200, lambda *facts: shown.append(facts))
    assert content(tmp_path / "db") == list(records(0, 1200))
    assert shown[-1] == ("verifying", 1200, 1200)
    assert [path.name for path in tmp_path.iterdir()] == ["db"]
    assert sorted(path.name for path in (tmp_path / "db").iterdir()) == ["data.mdb"]
    with pytest.raises(DataError, match="already exists"):
        ResumableLMDB(tmp_path / "db", "x", [])


def test_an_interrupted_one_continues(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        ResumableLMDB(tmp_path / "db", "x", origins(2000)).write(records(0, 2000, fail_at=1300))
    again = ResumableLMDB(tmp_path / "db", "x", origins(2000))
    begin = again.written()
    assert begin == 1000, "whole transactions stay"
    again.write(records(begin, 2000))
    again.finish(2000)
    assert content(tmp_path / "db") == list(records(0, 2000))


def test_one_of_other_data_begins_anew(tmp_path: Path) -> None:
    ResumableLMDB(tmp_path / "db", "x", origins(20)).write(records(0, 10))
    assert ResumableLMDB(tmp_path / "db", "x", origins(20)).written() == 10
    assert ResumableLMDB(tmp_path / "db", "x", [*origins(10), "changed"]).written() == 10
    assert ResumableLMDB(tmp_path / "db", "x", origins(9)).written() == 0, "a record is gone"
    database = ResumableLMDB(tmp_path / "db", "x", origins(10))
    database.write(records(0, 10))
    assert ResumableLMDB(tmp_path / "db", "x", [*origins(9), "changed"]).written() == 0
    database.write(records(0, 10))
    assert ResumableLMDB(tmp_path / "db", "y", origins(10)).written() == 0


def test_a_record_that_changed_is_found(tmp_path: Path) -> None:
    database = ResumableLMDB(tmp_path / "db", "x", origins(10))
    database.write(records(0, 10))
    with lmdb.open(str(tmp_path / "db.importing"), lock=False) as env, env.begin(write=True) as transaction:
        transaction.put(b"00000007", b"another value")
    with pytest.raises(DataError, match=r"record 7 \(00000007\) differs from what was written"):
        database.finish(10)
    assert not (tmp_path / "db").exists()
    assert ResumableLMDB(tmp_path / "db", "x", origins(10)).written() == 0


def test_missing_records_are_found(tmp_path: Path) -> None:
    database = ResumableLMDB(tmp_path / "db", "x", origins(10))
    database.write(records(0, 10))
    with pytest.raises(DataError, match="10 records; expected 11"):
        database.finish(11)


def test_the_map_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resumable_lmdb, "_FIRST_MAP", 1 << 16)
    database = ResumableLMDB(tmp_path / "db", "x", origins(100))
    database.write((b"%08d" % number, bytes(5000)) for number in range(100))
    database.finish(100)
    assert len(content(tmp_path / "db")) == 100


def test_a_folder_that_cannot_be_written_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="can't be written"):
        ResumableLMDB(tmp_path / "file" / "db", "x", [])


def test_a_folder_that_is_not_an_imports_stays(tmp_path: Path) -> None:
    (tmp_path / "db.importing").mkdir()
    (tmp_path / "db.importing" / "photo.jpg").write_text("mine")
    with pytest.raises(DataError, match=r"db.importing is there, and not of an interrupted import; move it"):
        ResumableLMDB(tmp_path / "db", "x", origins(10))
    assert (tmp_path / "db.importing" / "photo.jpg").read_text() == "mine"


def test_a_damaged_database_is_begun_anew(tmp_path: Path) -> None:
    ResumableLMDB(tmp_path / "db", "x", origins(10)).write(records(0, 10))
    (tmp_path / "db.importing" / "data.mdb").write_bytes(bytes(1 << 14))
    database = ResumableLMDB(tmp_path / "db", "x", origins(10))
    assert database.written() == 0
    database.write(records(0, 10))
    database.finish(10)
    assert content(tmp_path / "db") == list(records(0, 10))


def test_one_process_imports_to_a_path(tmp_path: Path) -> None:
    with locked(tmp_path / "new" / "db"):
        with pytest.raises(DataError, match="another process imports to it"), locked(tmp_path / "new" / "db"):
            pass
        with locked(tmp_path / "new" / "other"):
            pass
    with locked(tmp_path / "new" / "db"):
        pass
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="can't be written"), locked(tmp_path / "file" / "db"):
        pass


@pytest.mark.parametrize("left", [["import.json"], ["import.json", "import.digests"]])
def test_an_import_of_the_same_removes_what_an_interrupted_end_left(tmp_path: Path, left: list[str]) -> None:
    def finished() -> ResumableLMDB:
        return ResumableLMDB(tmp_path / "db", "x", origins(5))

    database = finished()
    database.write(records(0, 5))
    kept = {name: (tmp_path / "db.importing" / name).read_bytes() for name in left}
    database.finish(5)
    for name, data in kept.items():
        (tmp_path / "db" / name).write_bytes(data)
    with pytest.raises(DataError, match="already exists"):
        ResumableLMDB(tmp_path / "db", "y", origins(5))
    if "import.digests" in left:
        with pytest.raises(DataError, match="already exists"):
            ResumableLMDB(tmp_path / "db", "x", [*origins(4), "changed"])
    assert finished().is_whole
    assert [path.name for path in (tmp_path / "db").iterdir()] == ["data.mdb"]
    assert content(tmp_path / "db") == list(records(0, 5))


def test_a_folder_that_has_lost_its_digests_is_begun_anew(tmp_path: Path) -> None:
    ResumableLMDB(tmp_path / "db", "x", origins(5)).write(records(0, 5))
    (tmp_path / "db.importing" / "import.digests").unlink()
    again = ResumableLMDB(tmp_path / "db", "x", origins(5))
    assert again.written() == 0
    again.write(records(0, 5))
    again.finish(5)
    assert content(tmp_path / "db") == list(records(0, 5))
