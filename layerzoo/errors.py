"""Everything that Layerzoo raises for its user's sake.

::

    LayerzooError            exit code 1
    ├── UsageError           2   the command line
    ├── ConfigError          2   a config; carries every fault that was found in it
    ├── NonFiniteError       3   a loss or gradient became NaN or infinite
    ├── DataError            4   a data source is missing, damaged or doesn't fit
    ├── WeightsError         1   a weights file is damaged or doesn't fit the net
    ├── SnapshotError        1   a snapshot is damaged, moved, or of another run
    ├── OutOfMemoryError     1   a net and its batch don't fit into the device's memory
    ├── ZooError             1   a zoo entry is missing, damaged or already there
    ├── ExportError          1   a net can't be exported, or came out as another one
    ├── ContractError        1   a layer of the user's own does not do what it says
    └── MissingExtraError    1   an optional library is not installed

A mistake of the user's is never an abort and never a traceback: ``cli`` prints the message and leaves
with ``exit_code``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from layerzoo.source import Origin

MAX_SHOWN_FAULTS = 50
_MAX_SHOWN_LINE = 160
_MAX_SHOWN_TEXT = 800
_MAX_COMPARED = 100


class LayerzooError(Exception):
    """The root of the tree; catches everything that is not a bug of Layerzoo's."""

    exit_code = 1


class UsageError(LayerzooError):
    """A flag or argument that can't be used as given."""

    exit_code = 2


class NonFiniteError(LayerzooError):
    """Training met a NaN or an infinity."""

    exit_code = 3


class DataError(LayerzooError):
    """A data source can't be read or doesn't hold what the config says."""

    exit_code = 4


class ExportError(LayerzooError):
    """A net that can't be exported, or came out as another one."""


class WeightsError(LayerzooError):
    """A weights file can't be read or doesn't fit the net."""


class SnapshotError(LayerzooError):
    """A snapshot can't be written, read, or continued from."""


class OutOfMemoryError(LayerzooError):
    """A net and its batch don't fit into the device's memory."""


class ZooError(LayerzooError):
    """A zoo entry is missing, damaged, or in the way."""


class ContractError(LayerzooError):
    """A layer class of the user's own does not do what every layer promises; its place begins the message."""


class MissingExtraError(LayerzooError):
    """An optional library is not installed.

    Args:
        what: what needs it, e.g. ``LevelDB``.
        extra: the extra that brings it, e.g. ``leveldb``.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional library: pip install 'layerzoo[{extra}]'")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a config.

    Attributes:
        message: what was received and what was expected, one sentence without a full stop.
        origin: where in the config; None for a message built in memory.
        hint: how to mend it, one sentence.
        layer: name of the layer it stands in.
        field: path of the field at fault, from who has no tree; who has one turns it into ``origin``.
    """

    message: str
    origin: Origin | None = None
    hint: str | None = None
    layer: str | None = None
    field: str | None = None

    def __str__(self) -> str:
        where = f"{self.origin}: " if self.origin else ""
        layer = f" (layer '{self.layer}')" if self.layer else ""
        lines = [_plain(f"{where}{self.message}{layer}")]
        if self.origin:
            lines += _excerpt(self.origin)
        if self.hint:
            lines.append(f"    {_plain(self.hint)}")
        return "\n".join(lines)


class ConfigError(LayerzooError):
    """A config with faults: all of them, in the order of the text.

    Attributes:
        faults: what is wrong, at least one.
    """

    exit_code = 2

    def __init__(self, faults: Iterable[Fault] | Fault | str) -> None:
        if isinstance(faults, str):
            faults = Fault(faults)
        self.faults: list[Fault] = [faults] if isinstance(faults, Fault) else list(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        shown = "\n".join(str(fault) for fault in self.faults[:MAX_SHOWN_FAULTS])
        more = len(self.faults) - MAX_SHOWN_FAULTS
        if more > 0:
            shown += f"\n... and {more} more faults"
        return shown


class LayerFault(LayerzooError):  # noqa: N818 (a fault becomes part of an error)
    """A layer's own complaint about its config or bottoms, raised inside a layer class.

    The graph turns it into a `Fault` at the right line, so a layer never handles positions.

    Args:
        message: what was received and what was expected.
        field: path of the field at fault inside the layer, e.g. ``convolution_param.kernel_size``.
        bottom: index of the bottom at fault, where it is one.
        hint: how to mend it.
    """

    exit_code = 2

    def __init__(
        self, message: str, *, field: str | None = None, bottom: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.field, self.bottom, self.hint = message, field, bottom, hint


def in_text_order(faults: Iterable[Fault]) -> list[Fault]:
    """Faults in the order of their texts, each once; those without a place come first."""
    sources: dict[int, int] = {}
    unique: dict[tuple[object, ...], Fault] = {}
    for fault in faults:
        if fault.origin is None:
            unique.setdefault((fault.message,), fault)
        else:
            sources.setdefault(id(fault.origin.source), len(sources))
            unique.setdefault((id(fault.origin.source), fault.origin.offset, fault.message), fault)

    def place(fault: Fault) -> tuple[int, int]:
        return (-1, 0) if fault.origin is None else (sources[id(fault.origin.source)], fault.origin.offset)

    return sorted(unique.values(), key=place)


def nearest(name: str, known: Iterable[str], count: int = 1, likeness: float = 0.6) -> list[str]:
    """Those of ``known`` that ``name`` may have been meant to be, the best first.

    ``likeness`` is the least that counts as near, of 1 for equal.
    """
    by_folded = {k.lower().replace("_", ""): k for k in known}
    name = name[:_MAX_COMPARED]
    found = get_close_matches(name.lower().replace("_", ""), list(by_folded), n=count, cutoff=likeness)
    return [by_folded[f] for f in found]


def did_you_mean(names: Sequence[str]) -> str | None:
    """The hint for a misspelt name, or None when nothing is near."""
    return "did you mean " + " or ".join(f"'{n}'" for n in names) + "?" if names else None


def _plain(text: str) -> str:
    """A message that may quote a stranger's text, made fit for a terminal."""
    text = text if len(text) <= _MAX_SHOWN_TEXT else text[:_MAX_SHOWN_TEXT] + "…"
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def _excerpt(origin: Origin) -> list[str]:
    """The source line with a caret under the place, cut to what a terminal shows."""
    number, column = origin.source.position(origin.offset)
    text = origin.source.line_at(origin.offset)
    start = 0 if column <= _MAX_SHOWN_LINE - 40 else column - 80
    shown = "".join(c if c.isprintable() else " " for c in text[start : start + _MAX_SHOWN_LINE])
    width = max(1, min(origin.length, len(shown) - (column - 1 - start)))
    return [f"{number:>6} | {shown}", f"       | {' ' * (column - 1 - start)}{'^' * width}"]
