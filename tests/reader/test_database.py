"""Databases that are damaged, cut, or read by a process that dies or lies."""

from __future__ import annotations

import os
import random
import signal
import socket
import struct
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layerzoo.data.lmdb_records import LMDBRecords, write_lmdb
from layerzoo.errors import DataError
from layerzoo.reader import database as database_module
from layerzoo.reader import places, process
from layerzoo.reader.database import Database
from layerzoo.reader.failures import RecordError
from layerzoo.reader.process import ReaderError
from layerzoo.reader.protocol import Channel, Message

COUNT = 3000
MUTATIONS = 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_lmdb(tmp_path / "db", [(b"%04d" % index, b"%d" % index * 20) for index in range(COUNT)])
    return tmp_path / "db"


def values(*indices: int) -> list[bytes]:
    return [b"%d" % index * 20 for index in indices]


def test_read_gives_any_order(folder: Path) -> None:
    database = Database("lmdb", folder)
    rng = random.Random(0)
    for _ in range(50):
        indices = [rng.randrange(COUNT) for _ in range(rng.randint(1, 20))]
        assert database.read(0, indices) == values(*indices)


@pytest.mark.parametrize("step", [1, 3, COUNT - 1])
def test_read_ahead_gives_the_same_values(folder: Path, step: int) -> None:
    database = Database("lmdb", folder)
    for batch in range(0, 2 * COUNT // (7 * min(step, 3)) + 2):
        indices = [(batch * 7 + n) * step % COUNT for n in range(7)]
        assert database.read(0, indices) == values(*indices)


def test_random_order_is_read_in_ascending_order(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database("lmdb", folder)
    asked: list[list[int]] = []
    ask = database._reader.ask

    def record(name: str, question: Any = None) -> None:
        asked.append((question or {}).get("indices"))
        ask(name, question)

    monkeypatch.setattr(database._reader, "ask", record)
    assert database.read(0, [70, 5, 900, 5, 33]) == values(70, 5, 900, 5, 33)
    assert asked == [[5, 33, 70, 900]]
    around = [COUNT - 2, COUNT - 1, 0, 1]
    assert database.read(0, around) == values(*around)
    assert asked[1] == around


def test_read_ahead_of_one_cursor_does_not_disturb_another(folder: Path) -> None:
    database = Database("lmdb", folder)
    rng = random.Random(1)
    places = [0, 0, 0]
    for _ in range(300):
        cursor = rng.randrange(3)
        if rng.random() < 0.1:
            places[cursor] = rng.randrange(COUNT)
        indices = [(places[cursor] + n) % COUNT for n in range(64)]
        places[cursor] += 64
        assert database.read(cursor, indices) == values(*indices)


def test_values_are_the_same_with_and_without_places(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database("lmdb", folder)
    indices = [index % COUNT for index in range(7000)]
    held = [database.block(0, indices[start : start + 700]) for start in range(0, 7000, 700)]
    assert [value for block in held for value in block] == values(*indices)  # more blocks than places
    monkeypatch.setattr(database._reader.places, "take", lambda: None)
    assert database.read(1, range(2000)) == values(*range(2000))


def test_values_that_are_larger_than_places_are_read(tmp_path: Path) -> None:
    sizes = [places.SIZE - 5, 7, places.SIZE + 1, 9, places.SIZE]
    write_lmdb(tmp_path / "db", [(b"%d" % n, bytes([n]) * size) for n, size in enumerate(sizes)])
    database = Database("lmdb", tmp_path / "db")
    for _ in range(2):
        read = database.read(0, range(5))
        assert [(len(value), value[0], value[-1]) for value in read] == [
            (size, n, n) for n, size in enumerate(sizes)
        ]


def test_read_ahead_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_BYTES_AHEAD", 1000)
    database = Database("lmdb", folder)
    for start in range(0, 200, 2):
        database.read(0, [start, start + 1])
        assert sum(len(at) - used for at, _, used in database._ahead[0].blocks) <= 2 * 1000 // 20
    database.drop(0)
    assert not database._ahead


def test_records_of_threads_share_a_database(folder: Path) -> None:
    failures: list[BaseException] = []

    def use(first: int) -> None:
        try:
            records = LMDBRecords(folder)
            for start in range(first, COUNT - 10, 10):
                assert records.read(range(start, start + 10)) == values(*range(start, start + 10))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use, args=(first,)) for first in (0, 5, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_killed_reader_is_started_again(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = Database("lmdb", folder)
    database.read(0, [0, 1])
    os.kill(database._reader.pid, signal.SIGKILL)
    for start in range(2, COUNT, 2):
        assert database.read(0, [start, start + 1]) == values(start, start + 1)
    assert "db: the process that reads it was killed by SIGKILL; started again" in caplog.text


def test_reader_that_is_killed_again_and_again_is_given_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database("lmdb", folder)
    monkeypatch.setattr(database_module, "MAX_RESTARTS", 2)
    for _ in range(2):
        os.kill(database._reader.pid, signal.SIGKILL)
        assert database.read(0, [7]) == values(7)
    os.kill(database._reader.pid, signal.SIGKILL)
    records = LMDBRecords.__new__(LMDBRecords)
    records.path, records._database, records._cursor = folder, database, 0
    with pytest.raises(DataError, match=r"db: record 7: damaged: .* was killed by SIGKILL"):
        records.read([8])


def test_forked_process_reads_by_itself(folder: Path) -> None:
    records = LMDBRecords(folder)
    records.read([0, 1])
    child = os.fork()
    if child == 0:
        os._exit(0 if records.read([2, 3]) == values(2, 3) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert records.read([2, 3]) == values(2, 3)


def test_file_that_is_cut_while_it_is_read_is_named(folder: Path) -> None:
    records = LMDBRecords(folder)
    records.read([0])
    size = (folder / "data.mdb").stat().st_size
    os.truncate(folder / "data.mdb", 20_000)
    with pytest.raises(DataError, match=rf"db: record \d+: .*cut from {size} to 20000 bytes while it"):
        records.read(range(COUNT))


def outcome(folder: Path) -> str:
    """What becomes of reading a database; any error but DataError fails."""
    try:
        records = LMDBRecords(folder)
        records.read(range(min(len(records), 200)))
    except DataError as error:
        if str(folder) not in str(error):
            return f"does not name the file: {error}"
        return "killed" if "killed by SIG" in str(error) else "refused"
    return "read"


def test_changed_bytes_are_values_or_a_data_error(tmp_path: Path) -> None:
    """Damaged pages kill the process that reads them, and never this one."""
    write_lmdb(tmp_path / "db", [(b"%04d" % index, b"value %d" % index) for index in range(100)])
    file = tmp_path / "db" / "data.mdb"
    good = file.read_bytes()
    assert len(good) <= 3 * 4096
    outcomes: Counter[str] = Counter()
    for seed in range(MUTATIONS):
        rng = random.Random(seed)
        changed = bytearray(good)
        for _ in range(rng.choice([1, 4, 16, 64])):
            # the page's head and its table of records, or anything
            at = rng.randrange(8192, 8192 + 220) if rng.random() < 0.3 else rng.randrange(len(changed))
            changed[at] = rng.choice([0, 1, 0xFF, rng.randrange(256)])
        (tmp_path / f"{seed}").mkdir()
        (tmp_path / f"{seed}" / "data.mdb").write_bytes(changed)
        outcomes[outcome(tmp_path / f"{seed}")] += 1
    assert outcomes["read"] + outcomes["refused"] + outcomes["killed"] == MUTATIONS
    assert outcomes["refused"] > MUTATIONS / 10
    assert outcomes["killed"] > MUTATIONS / 50


@pytest.fixture
def liar(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A reader that answers with what is put into the list: heads and parts, or bytes."""
    answers: list[Any] = []
    started: list[subprocess.Popen[bytes]] = []
    real = process._start

    def start() -> Any:
        _, _, items, log = real_parts = real()
        real_parts[0].kill()
        real_parts[0].wait()
        real_parts[1].close()
        fake = subprocess.Popen(["sleep", "60"])
        started.append(fake)
        ours, theirs = socket.socketpair()

        def answer() -> None:
            with theirs:
                channel = Channel(theirs)
                try:
                    while answers:
                        channel.receive(1 << 30)
                        sent = answers.pop(0)
                        theirs.sendall(sent) if isinstance(sent, bytes) else channel.send(*sent)
                except (OSError, EOFError):
                    pass

        threading.Thread(target=answer, daemon=True).start()
        return fake, ours, items, log

    monkeypatch.setattr(process, "_start", start)
    monkeypatch.setattr(process, "_SPARE", [])
    yield answers
    for fake in started:
        assert fake.poll() is not None


FACTS = ({"entries": 10, "size": 100}, ())


@pytest.mark.parametrize(
    "facts", [{}, {"entries": -1}, {"entries": "10"}, {"entries": True}, {"entries": 1.5}, {"entries": None}]
)
def test_database_without_a_number_of_records_is_an_error(liar: list[Any], facts: dict[str, Any]) -> None:
    liar.append((facts, ()))
    with pytest.raises(DataError, match=r"db: .*sent no number of records"):
        Database("lmdb", Path("db"))


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage" * 100,
        ({}, ()),
        ({}, [b"a", b"b", b"c"]),
        ({"error": "RecordError", "index": 3, "text": "x"}, ()),
        ({"error": "DataError", "text": "x"}, ()),
        ({"written": True}, ()),
        ({"written": True}, [b""]),
        ({"written": True}, [b"1234"]),
        ({"written": True}, [struct.pack("q", -1)]),
        ({"written": True}, [struct.pack("2q", 1 << 24, 1)]),
        ({"written": True}, [struct.pack("2q", 1 << 62, 1 << 62)]),
        ({"written": True}, [struct.pack("3q", 1, 1, 1)]),
        ({"written": True}, [struct.pack("q", 1), b"a"]),
    ],
)
def test_wrong_answers_are_errors(liar: list[Any], answer: Any) -> None:
    liar += [FACTS, answer]
    database = Database("lmdb", Path("db"))
    with pytest.raises((DataError, database_module.RecordError)):
        database.read(0, [0, 1])
    database._end()


def test_random_answers_are_errors(liar: list[Any]) -> None:
    rng = random.Random(3)
    for _ in range(30):
        liar[:] = [FACTS, rng.randbytes(rng.randint(16, 300))]
        database = Database("lmdb", Path("db"))
        with pytest.raises(database_module.RecordError, match="the process that reads it sent"):
            database.read(0, [0, 1])


def test_opening_reports_a_process_that_dies(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def die(*args: object) -> None:
        raise ReaderError("was killed by SIGBUS (access beyond the end of the file)")

    monkeypatch.setattr(database_module, "take", die)
    with pytest.raises(DataError, match="db: damaged: the process that opens it was killed by SIGBUS"):
        Database("lmdb", folder)


def test_keys_are_those_from_a_record_on(folder: Path) -> None:
    database = Database("lmdb", folder)
    assert database.read(0, [5, 6, 7]) == values(5, 6, 7)  # an answer is on its way
    keys = database.keys(2990)
    assert keys == [b"%04d" % index for index in range(2990, COUNT)]
    assert database.read(0, [8, 9]) == values(8, 9)
    with pytest.raises(RecordError) as error:
        database.keys(COUNT)
    assert error.value.index == COUNT


def test_keys_are_read_again_where_the_reader_was_ended(folder: Path) -> None:
    database = Database("lmdb", folder)
    os.kill(database._reader.pid, signal.SIGKILL)
    assert database.keys(0)[0] == b"0000"


def test_more_keys_than_records_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database("lmdb", folder)
    monkeypatch.setattr(database._reader, "call", lambda *_, **__: Message({}, [memoryview(b"k")] * 3))
    with pytest.raises(RecordError, match="sent 3 keys of 2 records"):
        database.keys(COUNT - 2)
