"""The generated table holds what the classes say; it isn't used once the code has changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.catalogue import table
from layerzoo.catalogue.registered import Registered
from layerzoo.catalogue.table import SOURCES, TABLE, checksums, table_of


@pytest.mark.parametrize("kind", SOURCES)
def test_table_holds_what_the_registered_classes_say(kind: str) -> None:
    stored, registered = table_of(kind), Registered(kind)
    assert stored is not None, "the code has changed: run scripts/generate"
    assert list(stored.names()) == list(registered.names())
    for name in registered.names():
        assert stored.facts(name) == registered.facts(name), f"{name}: run scripts/generate"
    for name in list(registered.names())[::10]:
        assert stored.example(name) == registered.example(name), f"{name}: run scripts/generate"


def test_unknown_name_has_no_facts() -> None:
    stored = table_of("layers")
    assert stored is not None
    assert stored.facts("Convolutoin") is None


def test_changed_source_makes_the_table_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {**checksums("fillers"), "filler.py": "00000000"}
    monkeypatch.setattr(table, "checksums", lambda kind: changed)
    assert table_of("fillers") is None


@pytest.mark.parametrize("text", [None, "", "{", "{}"])
def test_missing_or_damaged_table_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "catalogue.json").write_text(text)
    monkeypatch.setattr(table, "TABLE", tmp_path / "catalogue.json")
    table._stored.cache_clear()
    try:
        assert table_of("layers") is None
    finally:
        table._stored.cache_clear()


def test_table_has_one_value_a_line() -> None:
    text = TABLE.read_text("utf-8")
    lines = text.splitlines()
    assert '"family": "vision",' in lines
    assert json.loads(text)["layers"]["Convolution"]["family"] == "vision"
