"""Pushing entries to stores and adding folders to the zoo."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from layerzoo.errors import ZooError
from layerzoo.zoo import Entry, LocalZoo, publish
from layerzoo.zoo.entry import NET
from layerzoo.zoo.index import parse_index
from layerzoo.zoo.push import add, push
from layerzoo.zoo.stores import open_store
from layerzoo.zoo.stores.http import HttpStore


def test_push_writes_the_files_and_an_index(entry: Entry, tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    assert push(entry, store)
    assert not push(entry, store), "the entry is already in the store"
    base = tmp_path / "store" / "tiny" / "1"
    assert {path.name for path in base.iterdir()} == {*entry.files, "entry.json"}
    Entry("tiny", 1, base).verify()
    rows = parse_index((tmp_path / "store" / "index.json").read_bytes(), "x")
    assert [(row.address, row.id) for row in rows] == [("tiny@1", entry.id)]


def test_push_warns_of_data_by_its_place(
    entry: Entry, zoo: LocalZoo, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    net = """layer { name: "mine" type: "ImageData" top: "i" top: "l"
    image_data_param { source: "/home/ann/list.txt" batch_size: 1 } }"""
    store = open_store(str(tmp_path / "store"))
    push(entry, store)
    assert "by its place" not in caplog.text
    push(publish("own", {NET: net.encode()}, {}, zoo), store)
    assert "own@1 names data by its place on this machine: /home/ann/list.txt" in caplog.text


def test_push_does_not_change_published_entries(entry: Entry, tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    other = publish("tiny", {"a": b""}, {}, LocalZoo(tmp_path / "other", shipped=None))
    push(other, store)
    with pytest.raises(ZooError, match=r"has a different tiny@1 .* published versions can't be changed"):
        push(entry, store)
    (entry.path / "labels.txt").chmod(0o644)
    (entry.path / "labels.txt").write_text("x")
    with pytest.raises(ZooError, match="tiny@1 is damaged"):
        push(entry, store)
    with pytest.raises(ZooError, match="is read-only"):
        HttpStore("https://example.org").write("x", tmp_path)


def test_concurrent_pushes_keep_every_entry(zoo: LocalZoo, tmp_path: Path) -> None:
    entries = [publish(f"net{i}", {"a": b"%d" % i}, {}, zoo) for i in range(8)]
    folder = str(tmp_path / "store")
    threads = [threading.Thread(target=push, args=(entry, open_store(folder))) for entry in entries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = parse_index((tmp_path / "store" / "index.json").read_bytes(), "x")
    assert [row.name for row in rows] == [f"net{i}" for i in range(8)]


def test_add_copies_a_folder_into_the_zoo(entry: Entry, tmp_path: Path) -> None:
    mine = LocalZoo(tmp_path / "mine", shipped=None)
    shutil.copytree(entry.path, tmp_path / "copy")
    added = add(tmp_path / "copy", mine)
    assert (added.id, added.path) == (entry.id, mine.root / "tiny" / "1")
    assert added.origin == str(tmp_path / "copy")
    assert add(tmp_path / "copy", mine) == added


def test_add_refuses_folders_without_an_entry(entry: Entry, tmp_path: Path) -> None:
    mine = LocalZoo(tmp_path / "mine", shipped=None)
    with pytest.raises(ZooError, match="can't be added: No such file"):
        add(tmp_path / "nowhere", mine)
    copy = tmp_path / "copy"
    shutil.copytree(entry.path, copy)
    (copy / "labels.txt").unlink()
    (copy / "labels.txt").symlink_to("/etc/hostname")
    with pytest.raises(ZooError, match=r"'labels\.txt' is not a regular file"):
        add(copy, mine)
    (copy / "labels.txt").unlink()
    with pytest.raises(ZooError, match=r"'labels\.txt' can't be read"):
        add(copy, mine)
    assert mine.entries() == []


def test_add_copies_no_link_in_place_of_a_signature(entry: Entry, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(entry.path, copy)
    (copy / "signature.json").symlink_to("/etc/hostname")
    with pytest.raises(ZooError, match=r"'signature\.json' is not a regular file"):
        add(copy, LocalZoo(tmp_path / "mine", shipped=None))
