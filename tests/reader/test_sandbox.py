"""The sandbox: when it is on, what it says, and a database in it."""

from __future__ import annotations

import logging
import os
import signal
from pathlib import Path

import pytest

from layerzoo.data.leveldb_records import LevelDBRecords
from layerzoo.data.lmdb_records import LMDBRecords, write_lmdb
from layerzoo.errors import DataError
from layerzoo.reader import sandbox
from layerzoo.reader.lockdown import Held, can_hold


@pytest.mark.parametrize(
    ("value", "on"),
    [(None, False), ("", False), ("0", False), ("False", False), ("off", False), ("1", True), ("yes", True)],
)
def test_is_on_follows_the_variable(monkeypatch: pytest.MonkeyPatch, value: str | None, on: bool) -> None:
    monkeypatch.delenv(sandbox.VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(sandbox.VARIABLE, value)
    assert sandbox.is_on() is on


def test_warning_names_what_is_not_held() -> None:
    assert sandbox.warning(Held(7, True)) is None
    text = sandbox.warning(Held(0, True))
    assert text is not None
    assert "read other files; this needs Linux 5.13 with Landlock" in text
    assert "use the network; this needs seccomp" in (sandbox.warning(Held(1, False)) or "")


def test_warning_is_logged_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(sandbox, "_warned", False)
    caplog.set_level(logging.WARNING, "layerzoo")
    sandbox._warn([7, True])
    assert caplog.text == ""
    for held in ([0, False], None):
        sandbox._warn(held)
    assert caplog.text.count("the sandbox is weaker than it should be") == 1


@pytest.fixture
def boxed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sandbox.VARIABLE, "1")


@pytest.mark.usefixtures("boxed")
def test_lmdb_is_read_in_the_sandbox(tmp_path: Path) -> None:
    write_lmdb(tmp_path / "db", [(b"%02d" % index, b"v%d" % index) for index in range(50)])
    records = LMDBRecords(tmp_path / "db")
    assert records.read([0, 1, 2]) == [b"v0", b"v1", b"v2"]
    reader = records._database._reader
    assert Held(*reader.facts["held"]) == can_hold()
    status = Path(f"/proc/{reader.pid}/status").read_text()
    assert ("Seccomp:\t2" in status) is can_hold().seccomp
    assert "NoNewPrivs:\t1" in status
    os.kill(reader.pid, signal.SIGKILL)
    assert records.read([40, 41]) == [b"v40", b"v41"]
    assert records._database._reader.facts["held"]


@pytest.mark.usefixtures("boxed")
def test_leveldb_is_refused_in_the_sandbox(tmp_path: Path) -> None:
    pytest.importorskip("plyvel")
    (tmp_path / "CURRENT").touch()
    with pytest.raises(DataError, match="a LevelDB can't be read in the sandbox"):
        LevelDBRecords(tmp_path)


@pytest.mark.usefixtures("boxed")
def test_shared_reader_is_started_again_after_it_was_killed() -> None:
    shared = sandbox.SharedReader("image")
    for _ in range(2):
        with pytest.raises(DataError, match="x: not an image"):
            shared.call("decode", {"color": True, "name": "x"}, [b"text"], 100, "x", DataError)
        assert shared._reader is not None
        os.kill(shared._reader.pid, signal.SIGKILL)


@pytest.mark.usefixtures("boxed")
def test_shared_reader_that_dies_of_its_data_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = sandbox.SharedReader("image")
    with pytest.raises(DataError, match="not an image"):
        shared.call("decode", {"color": True, "name": "x"}, [b"text"], 100, "x", DataError)
    assert shared._reader is not None
    os.kill(shared._reader.pid, signal.SIGSEGV)
    with pytest.raises(DataError, match=r"bad\.png: damaged: .* was killed by SIGSEGV"):
        shared.call("decode", {"color": True, "name": "x"}, [b"text"], 100, "bad.png", DataError)
