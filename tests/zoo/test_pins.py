"""Pinned revisions in ``zoo.lock``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ZooError
from layerzoo.zoo import LocalZoo, publish
from layerzoo.zoo.get import get
from layerzoo.zoo.pins import pin, read_pins
from layerzoo.zoo.push import push
from layerzoo.zoo.stores import open_store


def test_pinned_revision_is_the_default(tmp_path: Path) -> None:
    pins = tmp_path / "zoo.lock"
    zoo = LocalZoo(tmp_path / "home", shipped=None, pins=pins)
    first, second = (publish("small", {"a": text}, {}, zoo) for text in (b"1", b"2"))
    assert zoo.get("small") == second
    pin(pins, first)
    pin(pins, publish("other", {}, {}, zoo))
    assert read_pins(pins)["small"] == first.id
    assert zoo.get("small") == first
    assert zoo.get("small@2") == second
    store = str(tmp_path / "store")
    for entry in (first, second):
        push(entry, open_store(store))
    fresh = LocalZoo(tmp_path / "fresh", shipped=None, pins=pins)
    assert get("small", fresh, stores=[store]).id == first.id
    pin(pins, second)
    assert get("small", fresh, stores=[store]).id == second.id
    assert set(read_pins(pins)) == {"small", "other"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 1}',
        '{"format": 1, "entries": {"x": {"id": "../y"}}}',
        '{"format": 2, "entries": {}}',
        "[" * 100_000,
        '{"format": 1, "entries": {"x": {"id": 7}}}',
        '{"format": 1, "entries": {"x": {"id": "' + "0" * 64 + '", "version": 1e999}}}',
        " " * ((1 << 20) + 1),
    ],
)
def test_invalid_lock_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "zoo.lock").write_text(text)
    with pytest.raises(ZooError, match="not a list of pinned entries"):
        read_pins(tmp_path / "zoo.lock")
