"""Errors that a reader process reports to its parent: names in, exceptions out, from a fixed table."""

from __future__ import annotations

from typing import Any

from layerzoo.errors import DataError, LayerzooError, MissingExtraError, SnapshotError, WeightsError

_MAX_TEXT = 4000
_TABLE: dict[str, type[LayerzooError]] = {
    kind.__name__: kind for kind in (DataError, WeightsError, SnapshotError, MissingExtraError)
}


class RecordError(Exception):
    """A record can't be read; whoever knows the name of the record makes a DataError of it.

    Args:
        index: index of the record.
        why: the reason; None if the database has no such record.
    """

    def __init__(self, index: int, why: str | None) -> None:
        super().__init__(index, why)
        self.index, self.why = index, why


def packed(error: Exception) -> dict[str, Any]:
    """An exception as values of JSON."""
    match error:
        case RecordError():
            return {"error": "RecordError", "index": error.index, "text": error.why}
        case LayerzooError() if type(error).__name__ in _TABLE:
            return {"error": type(error).__name__, "text": _cut(str(error))}
        case MemoryError():
            return {"error": "MemoryError"}
        case OSError() if error.errno is not None:
            file = None if error.filename is None else _cut(str(error.filename))
            text = _cut(error.strerror or str(error))
            return {"error": "OSError", "errno": error.errno, "text": text, "file": file}
        case _:
            return {"error": "bug", "text": _cut(f"{type(error).__name__}: {error}")}


def unpacked(head: dict[str, Any]) -> Exception:
    """The exception of a message that reports one; whatever the values are, it is one of a few kinds."""
    name, text, index, number = (head.get(key) for key in ("error", "text", "index", "errno"))
    shown = _cut(text) if isinstance(text, str) else ""
    if name == "RecordError" and type(index) is int:
        return RecordError(index, shown if isinstance(text, str) else None)
    if isinstance(name, str) and name in _TABLE:
        kind = _TABLE[name]
        return kind.__new__(kind, shown)  # without __init__, whose arguments differ from class to class
    if name == "MemoryError":
        return MemoryError()
    if name == "OSError" and type(number) is int:
        file = head.get("file")
        return OSError(number, shown, *([_cut(file)] if isinstance(file, str) else []))
    return RuntimeError(f"a reader process failed: {shown or 'for an unknown reason'}")


def _cut(text: str) -> str:
    """A text without control characters, of limited length."""
    text = text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
