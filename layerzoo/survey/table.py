"""Format a survey as text: a line for each file, then totals."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence

from layerzoo.survey.examine import Row

_HEADS = ("parsed", "upgraded", "built", "ran", "file", "why not")
_MAX_TYPES = 20
_NEITHER = "of neither kind"


def table(rows: Sequence[Row], folder: str) -> Iterator[str]:
    """The lines of the table, with paths relative to ``folder``.

    ``-`` means that a step was not needed or not tried.
    """
    paths = [os.path.relpath(row.path, folder) for row in rows]
    wide = max((len(path) for path in paths), default=4)
    yield _line(_HEADS, wide)
    for row, path in zip(rows, paths, strict=True):
        marks = (_mark(row.parsed), "yes" if row.upgraded else "-", _mark(row.built), _mark(row.ran))
        left_out = next((note for note in row.notes if note.startswith("left out: layer ")), "")
        yield _line((*marks, path, row.why or left_out), wide)
    yield ""
    yield from totals(rows)


def totals(rows: Sequence[Row]) -> Iterator[str]:
    """The totals: files of each kind, files that passed each step, and unknown layer types."""
    kinds = Counter(row.kind or _NEITHER for row in rows)
    counts = ", ".join(f"{n} {kind}{'s' * (n != 1 and kind != _NEITHER)}" for kind, n in kinds.items())
    yield f"{len(rows)} files" + (f": {counts}" if counts else "")
    for what, of, done in (
        ("parsed", len(rows), sum(row.parsed for row in rows)),
        ("upgraded", len(rows), sum(bool(row.upgraded) for row in rows)),
        ("built", _tried(rows, "built"), sum(row.built is True for row in rows)),
        ("ran", _tried(rows, "ran"), sum(row.ran is True for row in rows)),
    ):
        yield f"  {what:<8} {done} of {of}" + (f" ({100 * done / of:.1f} %)" if of else "")
    types = Counter(kind for row in rows for kind in row.unknown_types)
    if types:
        most = ", ".join(f"{kind} {n}" for kind, n in types.most_common(_MAX_TYPES))
        more = len(types) - _MAX_TYPES
        yield f"  unknown layer types, by files: {most}" + (f", and {more} more" if more > 0 else "")


def _tried(rows: Sequence[Row], what: str) -> int:
    return sum(getattr(row, what) is not None for row in rows)


def _mark(done: bool | None) -> str:
    return "-" if done is None else "yes" if done else "no"


def _line(cells: Sequence[str], wide: int) -> str:
    widths = (6, 8, 5, 3, wide, 0)
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
