"""Differences as lines of text, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from layerzoo.comparison.changes import Change

Paint = Callable[[str, str], str]
"""Colours a text: ``(text, colour)``."""


def plain(text: str, colour: str) -> str:
    """Colour nothing."""
    return text


def lines(changes: Sequence[Change], paint: Paint = plain) -> Iterator[str]:
    """The lines that describe differences: a heading for each layer that differs, its fields below it."""
    for _, group in groupby(
        changes, key=lambda change: (change.net, change.layer, change.type, change.places)
    ):
        several = list(group)
        first = several[0]
        net = f"{first.net}: " if first.net else ""
        if not first.layer and not first.type:
            for change in several:
                yield f"{net}{_line(change, paint)}"
            continue
        phase = f", {first.phase}" if first.phase else ""
        heading = f"{net}layer {first.layer or '(no name)'} ({first.type}{phase})"
        whole = first.kind in {"added", "removed"} and not first.path
        if whole:
            heading = f"{'+' if first.kind == 'added' else '-'} {heading}"
        where = ", ".join(dict.fromkeys(place for place in first.places if place))
        colour = {"added": "green", "removed": "red"}.get(first.kind, "bold") if whole else "bold"
        yield paint(heading, colour) + (f"  {paint(where, 'dim')}" if where else "")
        if not whole:
            yield from (f"    {_line(change, paint)}" for change in several)


def _line(change: Change, paint: Paint) -> str:
    if change.kind == "blob renamed":
        return f"blob renamed: {paint(change.old or '', 'red')} → {paint(change.new or '', 'green')}"
    if change.kind in {"renamed", "moved"}:
        was = "from" if change.kind == "renamed" else "was"
        now = "" if change.kind == "renamed" else f"{paint(change.new or '', 'green')}, "
        return f"{change.kind}: {now}{was} {paint(change.old or '', 'red')}"
    if change.new is None:
        return paint(f"- {change.path}: {change.old}", "red")
    if change.old is None:
        return paint(f"+ {change.path}: {change.new}", "green")
    return f"{change.path}: {paint(change.old, 'red')} → {paint(change.new, 'green')}"


def as_json(changes: Sequence[Change]) -> dict[str, Any]:
    """Differences as values of JSON: ``equal`` and ``changes``, each without its empty attributes."""
    return {
        "equal": not changes,
        "changes": [{key: value for key, value in asdict(change).items() if value} for change in changes],
    }
