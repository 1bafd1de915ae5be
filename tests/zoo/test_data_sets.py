"""Downloads of named data sets, also from servers that fail in many ways."""

from __future__ import annotations

import gzip
import hashlib
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from layerzoo.data.dataset import DATASETS, NamedSet
from layerzoo.data.remote_files import RemoteFile
from layerzoo.data.samples import Floats
from layerzoo.errors import UsageError, ZooError
from layerzoo.zoo.data_sets import get_data_set, is_whole, state_of
from layerzoo.zoo.stores.http import HttpStore
from tests.zoo.badserver import Handler, serving
from tests.zoo.stores.rawserver import scripted

DATA = {"one.bin": bytes(range(256)) * 3000, "two.bin": b"second" * 100}


class Pair(NamedSet):
    """A data set of two files."""

    channels, native_size, size, classes, credit = 1, 2, 2, 2, "the test"
    files = tuple(
        RemoteFile(name, len(data), hashlib.sha256(data).hexdigest(), ("http://127.0.0.1:1/none",))
        for name, data in DATA.items()
    )

    def load(self, split: str) -> tuple[Floats, Floats]:
        return np.zeros((1, 1, 2, 2), np.float32), np.zeros(1, np.float32)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the data set's files."""
    list(DATASETS)
    monkeypatch.setattr(DATASETS, "_known", {**DATASETS._known, "pair": Pair})
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LAYERZOO_OFFLINE", raising=False)
    for name, data in DATA.items():
        (tmp_path / "site").mkdir(exist_ok=True)
        (tmp_path / "site" / name).write_bytes(data)
    return tmp_path / "home" / "datasets" / "pair"


def whole(folder: Path) -> bool:
    return all((folder / name).read_bytes() == data for name, data in DATA.items())


def test_files_are_downloaded_once(tmp_path: Path, folder: Path) -> None:
    shown: list[tuple[str, int, int]] = []
    assert state_of(Pair) == "absent"
    with serving(tmp_path / "site") as (url, seen):
        assert get_data_set("pair", [url], lambda *facts: shown.append(facts)) == folder
        assert whole(folder)
        assert shown[-1] == ("two.bin", 600, 600)
        assert [path for path, _ in seen] == ["one.bin", "two.bin"]
        get_data_set("pair", [url])
        assert len(seen) == 2
        (folder / "two.bin").write_bytes(b"x" * 600)  # of the right size, but damaged
        get_data_set("pair", [url])
        assert len(seen) == 3
    assert whole(folder)
    assert state_of(Pair) == "present"
    (folder / "one.bin").unlink()
    assert state_of(Pair) == "incomplete"
    assert not list(folder.glob("*.part"))


def test_a_download_is_resumed(tmp_path: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "one.bin.part").write_bytes(DATA["one.bin"][:5000])
    with serving(tmp_path / "site") as (url, seen):
        get_data_set("pair", [url])
    assert seen[0][1]["Range"] == "bytes=5000-"
    assert whole(folder)


def _refuse_ranges_beyond(handler: Handler, path: str, data: bytes | None) -> bool:
    start = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
    if data is not None and start >= len(data):
        handler.send(416, b"")
        return True
    return False


def test_a_download_that_was_killed_before_its_file_got_its_name_is_finished(
    tmp_path: Path, folder: Path
) -> None:
    folder.mkdir(parents=True)
    (folder / "one.bin.part").write_bytes(DATA["one.bin"])
    with serving(tmp_path / "site", _refuse_ranges_beyond) as (url, seen):
        get_data_set("pair", [url])
    assert whole(folder)
    assert [path for path, _ in seen] == ["two.bin"]


def test_a_partial_file_of_other_bytes_is_begun_anew(tmp_path: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "two.bin.part").write_bytes(b"x" * 600)
    with serving(tmp_path / "site", _refuse_ranges_beyond) as (url, _):
        get_data_set("pair", [url])
    assert whole(folder)


def test_a_server_that_drops_the_connection_is_asked_again(tmp_path: Path, folder: Path) -> None:
    dropped = []

    def behave(handler: Handler, path: str, data: bytes | None) -> bool:
        if path == "one.bin" and not dropped and data is not None:
            dropped.append(path)
            handler.send(200, data[:7000], len(data))
            return True
        return False

    with serving(tmp_path / "site", behave) as (url, seen):
        get_data_set("pair", [url])
    assert whole(folder)
    assert seen[1][1]["Range"] == "bytes=7000-"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("wrong byte", "sha256 [0-9a-f]{64} differs from the published"),
        ("too long", "is larger than 768,000 bytes"),
        ("lies about its length", "ended after 768,000 of 900,000 bytes|is larger|differs"),
        ("other scheme", "unsafe redirect from .* to ftp://"),
        ("file", "unsafe redirect from .* to file:///etc/passwd"),
        ("absent", "404"),
        ("too short", "sha256 [0-9a-f]{64} differs from the published"),
    ],
)
def test_a_faulty_mirror_is_named_and_the_next_one_used(
    tmp_path: Path, folder: Path, fault: str, message: str
) -> None:
    def behave(handler: Handler, path: str, data: bytes | None) -> bool:
        assert data is not None
        match fault:
            case "wrong byte":
                handler.send(200, b"!" + data[1:])
            case "too long":
                handler.send(200, data + b"more" * 100_000)
            case "lies about its length":
                handler.send(200, data, 900_000)
            case "too short":
                handler.send(200, data[:1000])
            case "other scheme":
                handler.send(302, b"", Location="ftp://127.0.0.1/one.bin")
            case "file":
                handler.send(302, b"", Location="file:///etc/passwd")
            case _:
                handler.send(404, b"")
        return True

    with serving(tmp_path / "site", behave) as (bad, _):
        with pytest.raises(ZooError, match=message):
            get_data_set("pair", [bad])
        assert not (folder / "one.bin").exists()
        with serving(tmp_path / "site") as (good, _):
            get_data_set("pair", [bad, good])
    assert whole(folder)


def test_a_slow_server_is_waited_for(tmp_path: Path, folder: Path) -> None:
    def script(head: str) -> Iterator[bytes | float]:
        name = head.split()[1].lstrip("/")
        data = DATA[name]
        yield f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        for start in range(0, len(data), 100_000):
            yield 0.02
            yield data[start : start + 100_000]

    with scripted(script) as (url, _):
        get_data_set("pair", [url])
    assert whole(folder)


def test_what_is_compressed_by_the_server_is_refused(tmp_path: Path, folder: Path) -> None:
    def behave(handler: Handler, path: str, data: bytes | None) -> bool:
        handler.send(200, b"bomb", **{"Content-Encoding": "gzip"})
        return True

    with serving(tmp_path / "site", behave) as (url, _), pytest.raises(ZooError, match="encoded"):
        get_data_set("pair", [url])


def test_offline_downloads_nothing(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERZOO_OFFLINE", "1")
    with pytest.raises(ZooError, match=r"one.bin is missing, and LAYERZOO_OFFLINE disables downloads"):
        get_data_set("pair", [str(tmp_path / "site")])


def test_other_names_are_refused() -> None:
    with pytest.raises(UsageError, match=r"unknown data set 'pear'; data sets to download: .*mnist.*pair"):
        get_data_set("pear")
    with pytest.raises(UsageError, match="data set 'digits' has nothing to download"):
        get_data_set("digits")


def test_a_folder_can_be_a_mirror(tmp_path: Path, folder: Path) -> None:
    get_data_set("pair", [str(tmp_path / "site")])
    assert whole(folder)
    assert is_whole(folder / "two.bin", Pair.files[1])
    assert not is_whole(folder / "two.bin", Pair.files[0])


def test_a_full_disk_is_told_before(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerzoo.zoo.data_sets._SPARE_BYTES", 1 << 62)
    with pytest.raises(ZooError, match=r"0.00 GB are needed; .* GB free"):
        get_data_set("pair", [str(tmp_path / "site")])


def test_a_server_that_stalls_is_given_up(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layerzoo.zoo.download.open_store", lambda url: HttpStore(url, timeout=0.2))

    def script(head: str) -> Iterator[bytes | float]:
        start = int(head.lower().partition("range: bytes=")[2].partition("-")[0] or 0)
        data = DATA["one.bin"][start:]
        status = f"206 Partial Content\r\nContent-Range: bytes {start}-767999/768000" if start else "200 OK"
        yield f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        yield data[:1000]
        yield 60.0

    begun = time.monotonic()
    with (
        scripted(script) as (url, _),
        pytest.raises(ZooError, match=r"one\.bin can't be downloaded: .*(0\.2 seconds|timed out)"),
    ):
        get_data_set("pair", [url])
    assert time.monotonic() - begun < 20
    assert 0 < (folder / "one.bin.part").stat().st_size <= 3000  # for the next call, which goes on
    with serving(tmp_path / "site") as (good, seen):
        get_data_set("pair", [good])
    assert seen[0][1]["Range"].startswith("bytes=")
    assert whole(folder)


def test_one_process_downloads_at_a_time(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir(parents=True)
    held = FileLock(folder / ".lock")
    held.acquire()
    done = threading.Event()

    def get() -> None:
        get_data_set("pair", [str(tmp_path / "site")])
        done.set()

    thread = threading.Thread(target=get)
    with caplog.at_level("WARNING", "layerzoo"):
        thread.start()
        assert not done.wait(0.3)
        assert not list(folder.glob("*.bin*"))
        held.release()
        thread.join(30)
    assert done.is_set()
    assert whole(folder)
    assert caplog.messages == [f"waiting for another process, which downloads to {folder}"]


def test_a_lock_of_a_process_that_was_killed_is_free(tmp_path: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    code = (
        "import os, signal, sys, filelock; filelock.FileLock(sys.argv[1]).acquire(); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(folder / ".lock")], check=False)
    assert killed.returncode == -signal.SIGKILL
    get_data_set("pair", [str(tmp_path / "site")])
    assert whole(folder)


NAMED = [name for name in DATASETS if DATASETS[name].files]


def test_sets_to_download_are_all_tested() -> None:
    assert NAMED == ["cifar10", "cifar100", "fashion_mnist", "kmnist", "mnist", "svhn"]


@pytest.mark.parametrize("name", NAMED)
def test_files_of_a_named_set_have_plain_names_and_published_facts(name: str) -> None:
    files = DATASETS[name].files
    assert len({file.name for file in files}) == len(files)
    for file in files:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", file.name)
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert 1000 < file.size < 1 << 30
        assert file.urls
        assert all(re.fullmatch(rf"https?://[^?#]+/{re.escape(file.name)}", url) for url in file.urls)


@pytest.fixture
def small(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[NamedSet]:
    """A named set whose files are small ones of the same names, on the test's site."""
    named = DATASETS[request.param]
    files = []
    for file in named.files:
        data = f"{request.param} {file.name}".encode() * 500
        (tmp_path / "site" / file.name).write_bytes(data)
        files.append(RemoteFile(file.name, len(data), hashlib.sha256(data).hexdigest(), file.urls))
    monkeypatch.setattr(named, "files", tuple(files))
    return named


def holds_all(named: type[NamedSet]) -> bool:
    return all(is_whole(named.folder() / file.name, file) for file in named.files)


@pytest.mark.parametrize("small", NAMED, indirect=True)
def test_a_named_set_is_downloaded_resumed_and_verified(small: type[NamedSet], tmp_path: Path) -> None:
    name, first = next(known for known in NAMED if DATASETS[known] is small), small.files[0]
    asked: list[str] = []

    def drop(handler: Handler, path: str, data: bytes | None) -> bool:
        asked.append(path)
        if asked.count(path) > 1 or data is None:
            return False
        handler.send(200, data[: len(data) // 2], len(data))  # the connection ends in the middle
        return True

    with serving(tmp_path / "site", drop) as (url, seen):
        get_data_set(name, [url])
    assert holds_all(small)
    assert seen[1][1]["Range"] == f"bytes={first.size // 2}-"
    assert state_of(small) == "present"


@pytest.mark.parametrize(
    "fault", ["wrong byte", "too long", "too short", "another scheme", "a folder above", "a bomb"]
)
@pytest.mark.parametrize("small", NAMED, indirect=True)
def test_a_named_set_takes_no_file_of_a_bad_server(small: type[NamedSet], fault: str, tmp_path: Path) -> None:
    name = next(known for known in NAMED if DATASETS[known] is small)

    def behave(handler: Handler, path: str, data: bytes | None) -> bool:
        assert data is not None
        match fault:
            case "wrong byte":
                handler.send(200, data[:-1] + b"!")
            case "too long":
                handler.send(200, data + b"more" * 100_000)
            case "too short":
                handler.send(200, data[:-1])
            case "another scheme":
                handler.send(302, b"", Location=f"file:///etc/{path}")
            case "a folder above":
                handler.send(200, b"evil", **{"Content-Disposition": "attachment; filename=../../evil"})
            case "a bomb":
                handler.send(200, gzip.compress(bytes(1 << 24)), **{"Content-Encoding": "gzip"})
        return True

    with (
        serving(tmp_path / "site", behave) as (url, _),
        pytest.raises(ZooError, match=rf"{re.escape(small.files[0].name)} can't be downloaded"),
    ):
        get_data_set(name, [url])
    assert state_of(small) == "absent"
    assert not list(tmp_path.rglob("evil"))
    assert {path.name for path in small.folder().iterdir()} <= {".lock"} | {
        f"{f.name}.part" for f in small.files
    }
