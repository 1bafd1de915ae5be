"""Compare runs by the hashes that ``layerzoo train -hashes`` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

Kind = Literal["samples", "tops", "gradients", "loss", "weights", "history"]
Line = dict[str, Any]

_LINES: Final[dict[str, Kind]] = {"fed": "samples", "computed": "tops", "gradient": "gradients"}


@dataclass(frozen=True)
class Difference:
    """What differs first between two runs.

    Attributes:
        kind: what differs.
        iteration: in which iteration, from 1.
        layer: the layer that it is of; empty for the loss.
        what: the blob, param or history blob.
    """

    kind: Kind
    iteration: int
    layer: str = ""
    what: str = ""

    def __str__(self) -> str:
        layer = f", layer '{self.layer}'" if self.layer else ""
        return f"iteration {self.iteration}{layer}" + (f": {self.what}" if self.what else "")


@dataclass(frozen=True)
class RunHashes:
    """The hashes of a process that trained.

    Args:
        lines: the lines of its file, in order.
        iter_size: passes of an iteration.
    """

    lines: Sequence[Line]
    iter_size: int = 1

    @classmethod
    def read(cls, path: Path, iter_size: int = 1) -> RunHashes:
        """Read a file of hashes; a last line that was cut off is left out."""
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        whole = text[: text.rfind("\n") + 1]
        return cls([json.loads(line) for line in whole.splitlines()], iter_size)

    @property
    def updates(self) -> list[int]:
        """The iterations whose updates were made, from 1."""
        return [line["updated"] for line in self.lines if "updated" in line]

    @property
    def batches(self) -> int:
        """Number of batches that layers have read."""
        return sum("fed" in line for line in self.lines)

    def differences(self, other: RunHashes) -> dict[Kind, Difference]:
        """The first difference of each kind from a run that made some of the same iterations, in order."""
        own = dict(map(_keyed, self.lines))
        found: dict[Kind, Difference] = {}
        for key, line in dict(map(_keyed, other.lines)).items():
            if key in own:
                for difference in self._of_lines(own[key], line):
                    found.setdefault(difference.kind, difference)
        return found

    def of_split(self, others: Sequence[RunHashes], layers: Sequence[str]) -> tuple[int, Difference | None]:
        """Compare with processes that train together, each with its share of every batch.

        Args:
            others: the processes, by rank.
            layers: those whose samples are distributed.

        Returns:
            the number of samples compared, and the first that differs.
        """
        shares = [dict(map(_keyed, other.lines)) for other in others]
        compared = 0
        for line in self.lines:
            if line.get("fed") is None or line["layer"] not in layers:
                continue
            parts = [share.get(_key(line)) for share in shares]
            if None in parts:
                continue
            rows = 0
            for top, whole in line["tops"].items():
                split = [part["tops"].get(top, []) for part in parts if part is not None]
                if len({len(part) for part in split}) > 1 or sum(map(len, split)) != len(whole):
                    continue  # not one row for each sample, as with boxes
                dealt = [row for rows_of_place in zip(*split, strict=True) for row in rows_of_place]
                if (place := _first(whole, dealt)) is not None:
                    what = f"top '{top}', sample {place} of the batch"
                    return compared, Difference("samples", self._iteration(line["fed"]), line["layer"], what)
                rows = len(whole)
            compared += rows
        return compared, None

    def _of_lines(self, own: Line, other: Line) -> Iterator[Difference]:
        """What differs between two lines of the same key."""
        if "updated" not in own:
            kind, layer = next(kind for name, kind in _LINES.items() if name in own), own["layer"]
            batch = next(own[name] for name in _LINES if name in own)
            for top, hashes in own["tops"].items():
                theirs = other["tops"].get(top)
                if theirs != hashes:
                    what = f"{'gradient of ' if kind == 'gradients' else ''}top '{top}'"
                    if kind == "samples" and theirs is not None:
                        what += f", sample {_first(hashes, theirs)} of the batch"
                    yield Difference(kind, self._iteration(batch), layer, what)
            return
        iteration = own["updated"]
        if own["loss"] != other["loss"]:
            yield Difference("loss", iteration)
        params: Mapping[str, str] = own["params"]
        for name, value in params.items():
            if other["params"].get(name) != value:
                yield Difference("weights", iteration, *_split(name))
        names = list(params)
        place = _first(own["history"], other["history"])
        if place is not None:
            layer, name = _split(names[place % len(names)]) if names else ("", "")
            yield Difference("history", iteration, layer, name)

    def _iteration(self, batch: int) -> int:
        return batch // self.iter_size + 1


def _key(line: Line) -> tuple[Any, ...]:
    for name in _LINES:
        if name in line:
            tops = tuple(line["tops"]) if name == "gradient" else ()
            return (name, line[name], line["layer"], *tops)
    return ("updated", line["updated"])


def _keyed(line: Line) -> tuple[tuple[Any, ...], Line]:
    return _key(line), line


def _first(own: Sequence[str], other: Sequence[str]) -> int | None:
    """The first place at which two lists differ; None if they are equal."""
    pairs = zip(own, other, strict=False)
    place = next((i for i, (mine, theirs) in enumerate(pairs) if mine != theirs), None)
    return min(len(own), len(other)) if place is None and len(own) != len(other) else place


def _split(name: str) -> tuple[str, str]:
    """The layer of ``conv1.weight``, and the name of the param."""
    layer, _, param = name.rpartition(".")
    return layer, f"param '{param}'"
