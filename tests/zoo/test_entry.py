"""Entries on disk; ``tests/data/format_1`` contains an entry published by Layerzoo 0.1."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.errors import ZooError
from layerzoo.zoo import Entry, LocalZoo, load

OLD = Path(__file__).parent.parent / "data/format_1/entry"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory whose zoo contains the entry of format 1."""
    shutil.copytree(OLD, tmp_path / "zoo")
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path))
    return tmp_path


def test_entry_of_format_1_verifies_and_reproduces_its_results(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert json.loads((home / "zoo/old-entry/1/entry.json").read_text())["format"] == 1
    assert main(["zoo", "verify", "old-entry"]) == 0
    capfd.readouterr()
    assert main(["test", "-zoo", "old-entry"]) == 0
    assert "accuracy = 0.927778" in capfd.readouterr().err, "what publishing logged"


def test_entry_of_format_1_loads(home: Path) -> None:
    model = load("old-entry")
    assert model.net.params["ip1"][0].shape == (16, 64)


def test_entry_published_now_has_the_new_format(entry: Entry, zoo: LocalZoo) -> None:
    assert json.loads((entry.path / "entry.json").read_text())["format"] == 2
    assert zoo.get("tiny").address == entry.address


def test_entry_contains_its_files(entry: Entry) -> None:
    assert "net.prototxt" in entry
    assert "nothing.txt" not in entry
    assert entry.file("net.prototxt").is_file()


def test_manifest_that_is_not_a_file_is_refused(entry: Entry) -> None:
    (entry.path / "entry.json").unlink()
    os.mkfifo(entry.path / "entry.json")
    with pytest.raises(ZooError, match=r"entry\.json: not a regular file but a FIFO"):
        _ = Entry(entry.name, entry.version, entry.path).manifest


@pytest.mark.parametrize("name", ["labels.txt", "signature.json"])
def test_entry_with_a_pipe_or_link_among_its_files_is_damaged(entry: Entry, name: str) -> None:
    (entry.path / name).unlink(missing_ok=True)
    os.mkfifo(entry.path / name)
    assert entry.faults() == [f"'{name}' is not a regular file"]
    (entry.path / name).unlink()
    (entry.path / name).symlink_to(entry.path / "net.prototxt")
    assert entry.faults() == [f"'{name}' is not a regular file"]
