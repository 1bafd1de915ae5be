"""The life of a reader process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.reader import process
from layerzoo.reader.process import Reader, ReaderError

PATIENCE = 30.0


@pytest.fixture
def database(tmp_path: Path) -> Path:
    write_lmdb(tmp_path / "db", [(b"%02d" % index, b"v%d" % index) for index in range(20)])
    return tmp_path / "db"


def opened(database: Path, **settings: float) -> Reader:
    return Reader("lmdb", {"path": str(database)}, **settings)  # type: ignore[arg-type]


def read(reader: Reader, *indices: int) -> list[bytes]:
    return [
        bytes(part) for part in reader.call("read", {"cursor": 0, "indices": list(indices), "drop": []}).parts
    ]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z" and f"PPid:\t{os.getpid()}" not in Path(f"/proc/{pid}/status").read_text()


def test_reader_answers_and_leaves_no_process(database: Path) -> None:
    reader = opened(database)
    assert reader.facts["entries"] == 20
    assert read(reader, 3, 4) == [b"v3", b"v4"]
    pid = reader.pid
    reader.close()
    assert not Path(f"/proc/{pid}").exists()
    assert not reader.usable


def test_reader_ends_when_it_is_collected(database: Path) -> None:
    reader = opened(database)
    pid = reader.pid
    del reader
    assert not Path(f"/proc/{pid}").exists()


def test_reader_imports_no_torch(database: Path) -> None:
    reader = opened(database)
    read(reader, 0)
    assert "libtorch" not in Path(f"/proc/{reader.pid}/maps").read_text()
    reader.close()


def test_reader_gets_no_secrets(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    reader = opened(database)
    assert b"secret" not in Path(f"/proc/{reader.pid}/environ").read_bytes()
    reader.close()


def test_reader_inherits_no_files(database: Path, tmp_path: Path) -> None:
    with (tmp_path / "own").open("w") as own:
        os.set_inheritable(own.fileno(), True)
        reader = opened(database)
        files = {str(file.readlink()) for file in Path(f"/proc/{reader.pid}/fd").iterdir()}
        reader.close()
    assert str(tmp_path / "own") not in files
    assert sum("socket" in file for file in files) == 1


def test_reader_ignores_the_signals_of_terminals_and_schedulers(database: Path) -> None:
    reader = opened(database)
    assert os.getsid(reader.pid) != os.getsid(0)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"):
        os.kill(reader.pid, getattr(signal, name))
    assert read(reader, 1) == [b"v1"]
    reader.close()


def test_killed_reader_is_an_error_from_outside(database: Path) -> None:
    reader = opened(database)
    os.kill(reader.pid, signal.SIGKILL)
    with pytest.raises(ReaderError, match=r"^was killed by SIGKILL$") as error:
        read(reader, 1)
    assert error.value.external
    assert not reader.usable


@pytest.mark.parametrize(
    ("name", "what"),
    [("SIGSEGV", "invalid memory access"), ("SIGBUS", "access beyond the end of the file")],
)
def test_reader_that_dies_of_its_file_says_how(database: Path, name: str, what: str) -> None:
    reader = opened(database)
    read(reader, 6, 7)
    os.kill(reader.pid, getattr(signal, name))
    with pytest.raises(ReaderError, match=rf"was killed by {name} \({what}\)") as error:
        read(reader, 1)
    assert (error.value.external, error.value.item) == (False, 7)


def test_stopped_reader_is_ended_after_its_wait(database: Path) -> None:
    reader = opened(database, wait=PATIENCE)
    reader._wait = 0.3
    os.kill(reader.pid, signal.SIGSTOP)
    with pytest.raises(ReaderError, match=r"gave no answer for 0\.3 seconds"):
        read(reader, 1)
    assert not Path(f"/proc/{reader.pid}").exists()


def test_reader_that_can_not_start_says_why(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_environment", dict)
    with pytest.raises(ReaderError, match=r"ended: .*layerzoo"):
        opened(database)
    monkeypatch.setattr(sys, "executable", "/no/python")
    with pytest.raises(ReaderError, match=r"can't be started: .*No such file"):
        opened(database)
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(ReaderError, match=r"sys\.executable is empty"):
        opened(database)


def test_calls_that_a_service_does_not_have_are_refused(database: Path) -> None:
    reader = opened(database)
    for name in ("open", "__init__", "values", "system"):
        with pytest.raises(RuntimeError, match="a reader process failed: KeyError"):
            reader.call(name, {"path": "/"})
    assert read(reader, 2) == [b"v2"]
    reader.close()
    with pytest.raises(RuntimeError, match="KeyError: 'os'"):
        Reader("os")


PROGRAM = """
import os, signal, sys
from layerzoo.reader.process import Reader
reader = Reader("lmdb", {"path": sys.argv[1]})
if len(sys.argv) > 2 and os.fork() == 0:
    signal.pause()  # holds the parent's end of the connection open
print(reader.pid, flush=True)
signal.pause()
"""


@pytest.mark.parametrize("forked", [[], ["forked"]])
def test_reader_ends_with_a_killed_parent(database: Path, forked: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(database), *forked],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
        parent.wait()
        until(lambda: gone(pid))
        if forked:
            os.killpg(parent.pid, signal.SIGKILL)


def test_forked_process_leaves_its_parents_reader_alone(database: Path) -> None:
    reader = opened(database)
    child = os.fork()
    if child == 0:
        ok = not reader.usable
        reader.close()
        own = opened(database)
        ok = ok and read(own, 5) == [b"v5"]
        own.close()
        os._exit(0 if ok else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert read(reader, 5) == [b"v5"]
    reader.close()


def test_readers_of_several_threads_work_beside_each_other(database: Path) -> None:
    results: list[list[bytes]] = []

    def use() -> None:
        reader = opened(database)
        results.append(read(reader, 1, 2))
        reader.close()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[b"v1", b"v2"]] * 4
