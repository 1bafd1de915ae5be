"""The generated table of facts: what the registered classes say of themselves, without importing torch.

``scripts/generate`` writes it to ``layerzoo/generated/catalogue.json``. It has a checksum of each source file
that it was made from, so that a table older than the code is not used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from layerzoo.catalogue.facts import EXAMPLES, Facts
from layerzoo.home import PACKAGE

TABLE: Final = PACKAGE / "generated" / "catalogue.json"
SOURCES: Final = {
    "layers": "layers",
    "solvers": "optimizer",
    "policies": "lr_policy",
    "fillers": "filler.py",
    "datasets": "data/datasets",
    "tasks": "data/drawn",
}
"""The folder or file that defines the names of a kind, relative to the package."""


class Table:
    """The names of a kind in the generated table.

    Args:
        rows: the facts of each name.
        kind: the kind, a key of `SOURCES`.
    """

    def __init__(self, rows: Mapping[str, Mapping[str, Any]], kind: str) -> None:
        self._rows = rows
        self._kind = kind

    def names(self) -> Iterable[str]:
        """All names in order."""
        return sorted(self._rows)

    def facts(self, name: str) -> Facts | None:
        """The facts of a name; None if it is unknown."""
        row = self._rows.get(name)
        if row is None:
            return None
        rows = tuple((label, value) for label, value in row.get("rows", {}).items())
        doc = "\n".join(row["doc"])
        return Facts(doc, row["code"], row.get("family", ""), rows, tuple(row.get("messages", ())))

    def example(self, name: str) -> str:
        """An example of a name in a config, as prototxt."""
        if self._kind != "layers":
            return EXAMPLES[self._kind].format(name)
        return "\n".join(self._rows[name]["example"])


def table_of(kind: str) -> Table | None:
    """The names of a kind; None if the table is missing or older than the code."""
    stored = _stored()
    return Table(stored[kind], kind) if stored.get("sources", {}).get(kind) == checksums(kind) else None


def last_table(kind: str) -> Table:
    """The names of a kind as they were when the table was written, for who must not import torch."""
    return Table(_stored().get(kind, {}), kind)


@cache
def _stored() -> dict[str, Any]:
    try:
        stored: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not generated yet
        return {}
    return stored


def checksums(kind: str) -> dict[str, str]:
    """A checksum of each source file of a kind, by its path in the package."""
    return {
        path.relative_to(PACKAGE).as_posix(): f"{crc32(path.read_bytes()):08x}" for path in _sources(kind)
    }


def _sources(kind: str) -> Iterator[Path]:
    source = PACKAGE / SOURCES[kind]
    yield from [source] if source.suffix else sorted(source.glob("*.py"))
