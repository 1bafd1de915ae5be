"""Generate the table of facts from the registered classes; ``scripts/generate`` does."""

from __future__ import annotations

import json
from typing import Any

from layerzoo.atomic import write_atomic
from layerzoo.catalogue.facts import Known
from layerzoo.catalogue.registered import Registered
from layerzoo.catalogue.table import SOURCES, TABLE, checksums


def write_table() -> None:
    """Write the table beside the code that protoc generates."""
    write_atomic(TABLE, table_text())


def table_text() -> str:
    """The table as JSON, with one value a line, so that changes of two branches seldom conflict."""
    stored: dict[str, Any] = {"sources": {kind: checksums(kind) for kind in SOURCES}}
    for kind in SOURCES:
        known = Registered(kind)
        stored[kind] = {name: _row(known, name) for name in known.names()}
    return json.dumps(stored, indent=0, ensure_ascii=False) + "\n"


def _row(known: Known, name: str) -> dict[str, Any]:
    facts = known.facts(name)
    assert facts is not None
    row: dict[str, Any] = {"doc": facts.doc.split("\n"), "code": facts.code}
    if facts.family:
        row |= {"family": facts.family, "rows": dict(facts.rows), "messages": list(facts.messages)}
        row["example"] = known.example(name).split("\n")
    return row
