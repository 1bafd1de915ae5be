"""Answers that need no torch: completion, explanations, layout, differences."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from layerzoo.catalogue import explain, listing
from layerzoo.comparison import compare
from layerzoo.comparison.report import as_json, lines
from layerzoo.editor.completion import completions
from layerzoo.editor.hover import hover
from layerzoo.editor.parsed import parse
from layerzoo.formatting import formatted
from layerzoo.studio.checker.units import Units

MOST: Final = 300
"""The most candidates of a completion."""


def load() -> None:
    """Load what answers need, before the first question."""
    listing("layers")
    for text in ('layer { name: "a" ', 'layer { name: "a" type: "Con'):
        completions(text, len(text), Path("net.prototxt"))


def complete(text: str, offset: int, path: str) -> dict[str, Any]:
    """What may be typed at an offset, those that begin with the word first."""
    units = Units(text)
    at = units.offset(offset)
    found = completions(text, at, Path(path))
    if found is None:
        return {"start": offset, "end": offset, "items": []}
    word, items = found
    typed = text[word.start : at].strip("\"'").casefold()
    starting = [one for one in items if one.label.casefold().startswith(typed)]
    inside = [one for one in items if typed in one.label.casefold() and one not in starting]
    shown = [one._asdict() for one in [*starting, *inside][:MOST]]
    return {"start": units.at(word.start), "end": units.at(word.end), "items": shown}


def explanation(text: str, offset: int, path: str) -> dict[str, Any] | None:
    """The explanation of what stands at an offset."""
    units = Units(text)
    found = hover(parse(text, Path(path)), units.offset(offset))
    if found is None:
        return None
    return {"start": units.at(found.start), "end": units.at(found.end), "text": found.text}


def explain_name(name: str) -> str:
    """The explanation of a type, field or policy."""
    return explain(name)


def layout(text: str, path: str) -> str:
    """The text in uniform layout."""
    return formatted(parse(text, Path(path)).source)


def differences(old: str, new: str, old_name: str, new_name: str) -> dict[str, Any]:
    """How two configs differ: by meaning, and by lines."""
    changes = compare(old, new)
    before, after = (Path(path).read_text(errors="replace").splitlines() for path in (old, new))
    by_line = list(difflib.unified_diff(before, after, old_name, new_name, lineterm=""))
    said = [line.replace(old, old_name).replace(new, new_name) for line in lines(changes)]
    return {**as_json(changes), "lines": said, "text": by_line}


TASKS: Final[dict[str, Callable[..., Any]]] = {
    "complete": complete,
    "hover": explanation,
    "explain": explain_name,
    "format": layout,
    "diff": differences,
}
