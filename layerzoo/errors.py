"""The errors that Layerzoo reports to users.

::

    LayerzooError            exit code 1
    ├── UsageError           2   an argument of the command line is invalid
    ├── ConfigError          2   a config has faults; holds all of them
    ├── NonFiniteError       3   a loss or gradient is NaN or infinite
    ├── DataError            4   a data source is missing, damaged or doesn't match the config
    │   └── BatchError       4   samples of different shapes in a batch
    ├── WeightsError         1   a weights file is damaged or doesn't match the net
    │   └── SharingError     2   nets of one config can't share params
    ├── SnapshotError        1   a snapshot is damaged, moved, or of another run
    ├── OutOfMemoryError     1   a net and its batch exceed the device's memory
    ├── ZooError             1   a zoo entry is missing, damaged or already exists
    ├── ExportError          1   a net can't be exported, or the export computes other values
    ├── ContractError        1   a user-defined layer violates the contract of layers
    └── MissingExtraError    1   an optional library is not installed

A mistake of the user's is never an abort and never a traceback: ``cli`` prints the message and leaves
with ``exit_code``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from layerzoo.source import Origin
from layerzoo.terminal_text import one_line

MAX_SHOWN_FAULTS = 50
_MAX_SHOWN_LINE = 160
_MAX_SHOWN_TEXT = 800
_MAX_COMPARED = 100
_MAX_SHOWN_CALLS = 8
_MAX_KNOWN = 1000


class LayerzooError(Exception):
    """The base class of all errors of Layerzoo; other exceptions are bugs."""

    exit_code = 1


class UsageError(LayerzooError):
    """A flag or argument is invalid."""

    exit_code = 2


class NonFiniteError(LayerzooError):
    """A value is NaN or infinite in training."""

    exit_code = 3


class DataError(LayerzooError):
    """A data source can't be read or doesn't match the config; the net adds the layer that reads it.

    Args:
        message: the file or sample, and what is wrong with it.
        hint: how to fix it.

    Attributes:
        row: the row of the batch that is at fault, if a layer that doesn't read the data found it.
    """

    exit_code = 4
    row: int | None = None
    _hint: str | None = None
    _layer: str | None = None
    _origin: Origin | None = None

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(*([message] if hint is None else [message, hint]))
        self._hint = hint

    @property
    def fault(self) -> Fault:
        """Message and hint, with the name and position of the layer once they are known."""
        return Fault(str(self.args[0]), self._origin, self._hint, self._layer)

    def locate(self, layer: str, origin: Origin | None) -> None:
        """Add the layer that reads the data and its position in the config, unless they are known."""
        if self._layer is None:
            self._layer, self._origin = layer, origin

    def advise(self, hint: str) -> None:
        """Say how to fix it, unless that is known."""
        self._hint = self._hint or hint

    def __str__(self) -> str:
        known = self._hint is not None or self._layer is not None
        return str(self.fault) if known else super().__str__()


class ExportError(LayerzooError):
    """A net can't be exported, or the export computes other values."""


class WeightsError(LayerzooError):
    """A weights file can't be read or doesn't match the net."""


class SharingError(WeightsError):
    """Nets of one config can't share params, since their shapes differ: a fault of the config."""

    exit_code = 2


class SnapshotError(LayerzooError):
    """A snapshot can't be written, read, or resumed."""


class OutOfMemoryError(LayerzooError):
    """A net and its batch exceed the device's memory."""


class ZooError(LayerzooError):
    """A zoo entry is missing, damaged, or already exists."""


class ContractError(LayerzooError):
    """A user-defined layer class violates the contract of layers; the message begins with its position."""


class MissingExtraError(LayerzooError):
    """An optional library is not installed.

    Args:
        what: the feature that needs it, e.g. ``LevelDB``.
        extra: the extra that installs it, e.g. ``leveldb``.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional library: pip install 'layerzoo[{extra}]'")


@dataclass(frozen=True)
class Fault:
    """One fault of a config.

    Attributes:
        message: what was received and what was expected, one sentence without a full stop.
        origin: the position in the config; None for a message built in memory.
        hint: how to fix it, one sentence.
        layer: name of the layer that has the fault.
        field: path of the faulty field, if the reporter has no node tree; converted into ``origin`` later.
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
            lines += [f"    {_plain(str(call))}" for call in islice(self.origin.calls, _MAX_SHOWN_CALLS)]
        if self.hint:
            lines.append(f"    {_plain(self.hint)}")
        return "\n".join(lines)


class ConfigError(LayerzooError):
    """A config has faults.

    Attributes:
        faults: all of them in the order of the text, at least one.
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


class BatchError(DataError):
    """The samples of a batch have different shapes."""


class LayerFault(LayerzooError):  # noqa: N818 (a fault becomes part of an error)
    """A layer class found a fault in its config or bottoms.

    The graph turns it into a `Fault` with a position, so that layers need not handle positions.

    Args:
        message: what was received and what was expected.
        field: path of the faulty field inside the layer, e.g. ``convolution_param.kernel_size``.
        bottom: index of the faulty bottom; None if the fault is not in a bottom.
        hint: how to fix it.
        inner: faults of a subnet that the layer runs, which stand in its place.
    """

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        bottom: int | None = None,
        hint: str | None = None,
        inner: Sequence[Fault] = (),
    ) -> None:
        super().__init__(message)
        self.inner = tuple(inner)
        self.message, self.field, self.bottom, self.hint = message, field, bottom, hint


def in_text_order(faults: Iterable[Fault]) -> list[Fault]:
    """Sort faults by position and drop duplicates; faults without a position come first."""
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
    """The known names most similar to a name, the best first; case and underscores don't count.

    Args:
        name: the name.
        known: the names to compare with; only the first 1,000 are.
        count: the largest number of names to return.
        likeness: the least similarity, from 0 to 1 for equal names.
    """
    by_folded = {k.lower().replace("_", ""): k for k in islice(known, _MAX_KNOWN)}
    name = name[:_MAX_COMPARED]
    matches = get_close_matches(name.lower().replace("_", ""), list(by_folded), n=count, cutoff=likeness)
    return [by_folded[match] for match in matches]


def did_you_mean(names: Sequence[str]) -> str | None:
    """The hint for a misspelt name; None without similar names."""
    return "did you mean " + " or ".join(f"'{n}'" for n in names) + "?" if names else None


def _plain(text: str) -> str:
    """Shorten a message in its middle and keep it on one line, since it may quote untrusted text."""
    if len(text) > _MAX_SHOWN_TEXT:
        text = f"{text[: _MAX_SHOWN_TEXT // 2]}…{text[-_MAX_SHOWN_TEXT // 2 :]}"
    return one_line(text)


def _excerpt(origin: Origin) -> list[str]:
    """The source line, shortened to fit a terminal, with carets under the position."""
    number, column = origin.source.position(origin.offset)
    start = 0 if column <= _MAX_SHOWN_LINE - 40 else column - 80
    text = origin.source.line_at(origin.offset, start + 1, _MAX_SHOWN_LINE)
    shown = "".join(c if c.isprintable() else " " for c in text)
    width = max(1, min(origin.length, len(shown) - (column - 1 - start)))
    return [f"{number:>6} | {shown}", f"       | {' ' * (column - 1 - start)}{'^' * width}"]
