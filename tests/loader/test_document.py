"""A loaded config."""

from __future__ import annotations

from layerzoo.loader import Document
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
        [],
    )
