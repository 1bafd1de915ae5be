"""Fetching entries from stores, including faulty ones."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from layerzoo.errors import ZooError
from layerzoo.zoo import Entry, LocalZoo, publish
from layerzoo.zoo.get import get
from layerzoo.zoo.manifest import emit, seal
from layerzoo.zoo.push import push
from layerzoo.zoo.remotes import Remote
from layerzoo.zoo.server import ZooServer
from layerzoo.zoo.stores import open_store
from layerzoo.zoo.stores.http import HttpStore
from tests.zoo.badserver import Handler, serving


@pytest.fixture
def published(tmp_path: Path) -> Entry:
    """An entry in another user's zoo."""
    theirs = LocalZoo(tmp_path / "theirs", shipped=None)
    files = {"weights.bin": bytes(range(256)) * 2000, "net.txt": b"layer", "again.txt": b"layer"}
    return publish("small", files, {"title": "Small", "results": {"accuracy": 0.9}}, theirs)


@pytest.fixture
def folder(published: Entry, tmp_path: Path) -> Path:
    """The store folder that the entry was pushed to."""
    push(published, open_store(str(tmp_path / "store")))
    return tmp_path / "store"


def test_fetch_from_a_folder_and_a_file_url(folder: Path, published: Entry, zoo: LocalZoo) -> None:
    found = get("small", zoo, stores=[str(folder)])
    found.verify()
    assert found.id == published.id
    assert found.path == zoo.root / "small" / "1"
    assert zoo.get("small").origin == str(folder)
    zoo.remove(found)
    assert get("small@1", zoo, stores=[folder.as_uri()]).id == published.id


def test_fetch_from_a_server_reports_progress(published: Entry, zoo: LocalZoo, tmp_path: Path) -> None:
    seen: dict[str, list[tuple[int, int]]] = {}
    with ZooServer(LocalZoo(tmp_path / "theirs", shipped=None)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = get(
            "small",
            zoo,
            stores=[server.url],
            progress=lambda name, done, size: seen.setdefault(name, []).append((done, size)),
        )
        server.shutdown()
    found.verify()
    assert found.id == published.id
    assert seen["weights.bin"][0] == (0, 512_000)
    assert seen["weights.bin"][-1] == (512_000, 512_000)
    assert seen.keys() == published.files.keys()


def test_fetch_skips_files_that_are_present(folder: Path, published: Entry, zoo: LocalZoo) -> None:
    with serving(folder) as (url, seen):
        get("small", zoo, stores=[url])
        count = len(seen)
        get("small", zoo, stores=[url])
        assert [path for path, _ in seen[count:]] == ["index.json"], "only the check for a newer version"
        get(f"small@{published.id}", zoo, stores=[url])
        assert len(seen) == count + 1
        zoo.remove(zoo.get("small"))
        get("small@1", zoo, stores=[url])
        fetched = [path for path, _ in seen[count + 1 :]]
    assert "small/1/weights.bin" not in fetched, "the blob is still in the zoo"


def test_download_resumes_after_a_lost_connection(folder: Path, zoo: LocalZoo) -> None:
    cuts = 2

    def cut(handler: Handler, path: str, data: bytes | None) -> bool:
        nonlocal cuts
        if path.endswith("weights.bin") and cuts and data is not None:
            cuts -= 1
            start = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
            handler.send(
                206 if start else 200,
                data[start : start + 100_000],
                length=len(data) - start,
                ContentRange=f"bytes {start}-{len(data) - 1}/{len(data)}",
            )
            return True
        return False

    with serving(folder, cut) as (url, seen):
        get("small", zoo, stores=[url]).verify()
    ranges = [headers.get("Range") for path, headers in seen if path.endswith("weights.bin")]
    assert ranges == [None, "bytes=100000-", "bytes=200000-"]


def test_download_works_without_range_requests(folder: Path, zoo: LocalZoo) -> None:
    cut = [True]

    def whole(handler: Handler, path: str, data: bytes | None) -> bool:
        if path.endswith("weights.bin") and data is not None:
            handler.send(200, data[:1000] if cut[0] else data, length=len(data))
            cut[0] = False
            return True
        return False

    with serving(folder, whole) as (url, _):
        get("small", zoo, stores=[url]).verify()


def test_second_fetch_reuses_a_partial_download(folder: Path, zoo: LocalZoo) -> None:
    def broken(handler: Handler, path: str, data: bytes | None) -> bool:
        if path.endswith("weights.bin") and data is not None:
            start = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
            if start < 300_000:
                handler.send(
                    206,
                    data[start : start + 100_000],
                    length=len(data) - start,
                    ContentRange=f"bytes {start}-{len(data) - 1}/{len(data)}",
                )
            else:
                handler.send(503, b"")
            return True
        return False

    with serving(folder, broken) as (url, _):
        with pytest.raises(
            ZooError, match=r"'weights.bin' can't be downloaded: .*ended after 100,000 of 512,000 bytes"
        ):
            get("small", zoo, stores=[url])
        assert zoo.entries() == []
    with serving(folder) as (url, seen):
        get("small", zoo, stores=[url]).verify()
    assert [h.get("Range") for path, h in seen if path.endswith("weights.bin")] == ["bytes=300000-"]


@pytest.mark.parametrize("change", ["longer", "shorter", "other", "endless"])
def test_file_that_differs_from_the_manifest_is_refused(change: str, folder: Path, zoo: LocalZoo) -> None:
    def lie(handler: Handler, path: str, data: bytes | None) -> bool:
        if not path.endswith("weights.bin") or data is None:
            return False
        if change == "endless":
            handler.send_response(200)
            handler.send_header("Connection", "close")
            handler.end_headers()
            for _ in range(100_000):
                handler.wfile.write(bytes(1 << 16))
        else:
            handler.send(200, {"longer": data + b"x", "shorter": data[:-1], "other": data[::-1]}[change])
        return True

    with (
        serving(folder, lie) as (url, _),
        pytest.raises(ZooError, match=r"'weights\.bin' can't be downloaded") as caught,
    ):
        get("small", zoo, stores=[url])
    words = {"shorter": "ended after 511,999", "other": "differs from the sha256 in the manifest"}
    assert words.get(change, "larger than the expected 512,000 bytes") in str(caught.value)
    assert zoo.entries() == []
    left = sum(path.stat().st_size for path in zoo.root.rglob("weights.bin"))
    assert left <= 512_000


def test_store_that_changes_between_requests_is_refused(
    folder: Path, zoo: LocalZoo, published: Entry
) -> None:
    manifest = json.loads((folder / "small/1/entry.json").read_text())
    changed = emit(seal({**manifest, "title": "Other"})).encode()

    def change(handler: Handler, path: str, data: bytes | None) -> bool:
        if path.endswith("entry.json"):
            handler.send(200, changed)
            return True
        return False

    with serving(folder, change) as (url, _), pytest.raises(ZooError, match="differs from the index"):
        get("small", zoo, stores=[url])
    assert zoo.entries() == []


def test_mirrors_complete_each_other(folder: Path, zoo: LocalZoo, tmp_path: Path) -> None:
    """One mirror is down, one lacks a file and one serves a wrong file; together they have every file."""
    partial = tmp_path / "partial"
    shutil.copytree(folder, partial)
    (partial / "small/1/weights.bin").unlink()

    def wrong(handler: Handler, path: str, data: bytes | None) -> bool:
        if path.endswith("net.txt"):
            handler.send(200, b"later")
            return True
        return False

    from layerzoo.zoo.fetch import fetch, find

    with serving(folder, wrong) as (bad, _):
        remote = Remote("team", ("http://127.0.0.1:9", bad, str(partial)))
        fetch(zoo, *find([remote], "small")).verify()


def test_slow_server_times_out(folder: Path, tmp_path: Path) -> None:
    release = threading.Event()

    def silent(handler: Handler, path: str, data: bytes | None) -> bool:
        if path.endswith("net.txt"):
            release.wait(5)
            return False
        if path.endswith("weights.bin") and data is not None:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            for byte in data:
                handler.wfile.write(bytes([byte]))
                if release.wait(0.02):
                    break
            handler.close_connection = True
            return True
        return False

    with serving(folder, silent) as (url, _):
        store = HttpStore(url, timeout=0.2)
        with pytest.raises(ZooError, match="timed out"), store.open("small/1/net.txt"):
            pass
        with (
            pytest.raises(ZooError, match=r"only \d+ bytes in 0 seconds"),
            store.open("small/1/weights.bin") as pieces,
        ):
            list(pieces)
        release.set()


def test_token_is_sent_to_its_host_alone(folder: Path, tmp_path: Path) -> None:
    def other_host(handler: Handler, path: str, data: bytes | None) -> bool:
        return False

    with serving(folder, other_host) as (there, there_seen):

        def asks(handler: Handler, path: str, data: bytes | None) -> bool:
            if handler.headers.get("Authorization") != "Bearer secret":
                handler.send(401, b"")
            elif path.endswith("weights.bin"):
                handler.send(302, b"", Location=f"{there}/{path}")
            elif path.endswith("net.txt"):
                handler.send(302, b"", Location="/small/1/again.txt")
            else:
                return False
            return True

        with serving(folder, asks) as (here, here_seen):
            with pytest.raises(ZooError, match=r"401.*a token is required"):
                HttpStore(here).small("index.json", 10**6)
            with pytest.raises(ZooError, match=r"401.*the token was rejected"):
                HttpStore(here, "wrong").small("index.json", 10**6)
            store = HttpStore(here, "secret")
            assert store.small("small/1/weights.bin", 10**6) == (folder / "small/1/weights.bin").read_bytes()
            assert store.small("small/1/net.txt", 10**6) == b"layer"
    assert there_seen[0][0] == "small/1/weights.bin"
    assert "Authorization" not in there_seen[0][1]
    assert here_seen[-1][0] == "small/1/again.txt"
    assert here_seen[-1][1]["Authorization"] == "Bearer secret"


def test_unsafe_tokens_and_redirects_are_refused(folder: Path) -> None:
    with pytest.raises(ZooError, match="tokens are sent over https only"):
        HttpStore("http://example.org/zoo", "secret")
    targets: list[str] = []

    def away(handler: Handler, path: str, data: bytes | None) -> bool:
        handler.send(302, b"", Location=targets[-1])
        return True

    with serving(folder, away) as (url, seen):
        for target in ("file:///etc/passwd", "ftp://example.org/x"):
            targets.append(target)
            with pytest.raises(ZooError, match=r"unsafe redirect|is not allowed"):
                HttpStore(url).small("index.json", 100)
        targets.append(url)
        with pytest.raises(ZooError, match="redirect"):
            HttpStore(url).small("index.json", 100)
        assert len(seen) < 12


def test_index_that_is_too_large_invalid_or_missing_is_refused(folder: Path, zoo: LocalZoo) -> None:
    with pytest.raises(ZooError, match="larger than the limit of 10 bytes"):
        open_store(str(folder)).small("index.json", 10)
    (folder / "index.json").write_text("<html>")
    with pytest.raises(ZooError, match=r"index\.json is damaged or not an index"):
        get("small", zoo, stores=[str(folder)])
    with pytest.raises(ZooError, match=r"no store responds: .*No such file"):
        get("small", zoo, stores=[str(folder / "nowhere")])


def test_entry_larger_than_the_disk_is_refused(zoo: LocalZoo, tmp_path: Path) -> None:
    """The manifest in the store gives two files of 1 TiB each."""
    facts = {"a.bin": {"sha256": "0" * 64, "size": 1 << 40}, "b.bin": {"sha256": "1" * 64, "size": 1 << 40}}
    manifest = seal({"name": "huge", "version": 1, "files": facts})
    base = tmp_path / "store" / "huge" / "1"
    base.mkdir(parents=True)
    (base / "entry.json").write_text(emit(manifest))
    row = {"name": "huge", "version": 1, "id": manifest["id"]}
    (tmp_path / "store" / "index.json").write_text(json.dumps({"format": 1, "entries": [row]}))
    with pytest.raises(ZooError, match=r"needs 2,199\.\d+ GB of disk space"):
        get("huge", zoo, stores=[str(tmp_path / "store")])


def test_unknown_names_and_revisions_are_refused(folder: Path, zoo: LocalZoo, published: Entry) -> None:
    with pytest.raises(ZooError, match=r"no entry 'smoll' in .*; did you mean 'small'"):
        get("smoll", zoo, stores=[str(folder)])
    with pytest.raises(ZooError, match=rf"no revision '7' of 'small'; versions: 1 \({published.id[:12]}\)"):
        get("small@7", zoo, stores=[str(folder)])
    with pytest.raises(ZooError, match=r"no zoo entry 'small'.*no store is configured"):
        get("small", zoo)


def test_second_store_is_searched_after_the_first(folder: Path, zoo: LocalZoo, tmp_path: Path) -> None:
    theirs = LocalZoo(tmp_path / "theirs", shipped=None)
    second = publish("small", {"new": b"2"}, {}, theirs)
    push(second, open_store(str(tmp_path / "other")))
    stores = [str(tmp_path / "nowhere"), str(folder), str(tmp_path / "other")]
    assert get("small@2", zoo, stores=stores).id == second.id
    assert get("small@1", zoo, stores=stores).version == 1


def test_offline_fetch_connects_to_no_store(
    folder: Path, zoo: LocalZoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(folder) as (url, seen):
        first = get("small", zoo, stores=[url])
        monkeypatch.setenv("LAYERZOO_OFFLINE", "1")
        count = len(seen)
        assert get("small", zoo, stores=[url]).id == first.id
        with pytest.raises(ZooError, match="LAYERZOO_OFFLINE is set"):
            get("other", zoo, stores=[url])
        assert len(seen) == count


def test_fetch_does_not_overwrite_a_different_entry(folder: Path, zoo: LocalZoo) -> None:
    mine = publish("small", {"mine": b""}, {}, zoo)
    with pytest.raises(ZooError, match="small@1 already exists in the zoo, with other content"):
        get("small", zoo, stores=[str(folder)])
    mine.verify()


def test_path_outside_a_served_zoo_is_not_found(published: Entry, tmp_path: Path) -> None:
    with ZooServer(LocalZoo(tmp_path / "theirs", shipped=None), token="t") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(ZooError, match=r"401"):
            HttpStore(server.url).small("index.json", 10**6)
        store = HttpStore(server.url, "t")
        for path in (
            "small/1/../../../x",
            "../x",
            "small/1/",
            "small",
            "small/2/net.txt",
            ".blobs/x",
            "/etc/passwd",
        ):
            assert store.optional(path, 100) is None
        with store.open("small/1/weights.bin", 511_999) as pieces:
            assert b"".join(pieces) == b"\xff"
        server.shutdown()
