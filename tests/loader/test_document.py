"""A loaded config."""

from __future__ import annotations

from pathlib import Path

from layerzoo.loader import Document, load_net
from layerzoo.nodes import Node
from layerzoo.schema import NetParameter
from layerzoo.source import Source


def test_document_begins_without_notes_and_files() -> None:
    document = Document(NetParameter(), Node("", None, [], Source("x", "")))
    assert (document.path, document.warnings, document.notes, document.nets, document.includes) == (
        None,
        [],
        [],
        {},
        {},
    )


def test_sources_are_the_file_and_those_it_includes(tmp_path: Path) -> None:
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "a.yaml").write_text("let: {n: 3}\n", encoding="utf-8")
    text = 'include: "blocks/a.yaml" layer { name: "d" type: "Input" top: "d" }'
    (tmp_path / "net.prototxt").write_text(text, encoding="utf-8")
    document = load_net(tmp_path / "net.prototxt")
    assert document.blocks
    assert document.sources() == {"net.prototxt": text, "blocks/a.yaml": "let: {n: 3}\n"}
