"""The curves of a run as columns of numbers, which are quick to read and to thin out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from layerzoo.runs import Row

Numbers = npt.NDArray[np.float64]
TRAIN: Final = -1
"""The number that stands for the training net; test nets have their own, from 0."""
X: Final = ("iteration", "epoch", "seconds")
_MAX_COLUMNS: Final = 400


def columns(rows: Sequence[Row]) -> dict[int, dict[str, Numbers]]:
    """Each net's columns by name: the axes `X`, ``loss``, ``lr``, and outputs; NaN where a row has none."""
    by_net: dict[int, list[Row]] = {}
    for row in rows:
        by_net.setdefault(TRAIN if row.net is None else row.net, []).append(row)
    return {net: _of_net(some) for net, some in by_net.items()}


def _of_net(rows: Sequence[Row]) -> dict[str, Numbers]:
    found = {
        "iteration": np.array([row.iteration for row in rows], np.float64),
        "epoch": np.array([row.epoch for row in rows]),
        "seconds": np.array([row.seconds for row in rows]),
        "loss": np.array([row.loss for row in rows]),
        "lr": np.array([row.lr for row in rows]),
    }
    for index, row in enumerate(rows):
        for name, value in values_of(row).items():
            if name not in found:
                if len(found) >= _MAX_COLUMNS:
                    continue
                found[name] = np.full(len(rows), np.nan)
            if name not in ("loss", "lr") or found[name][index] != found[name][index]:
                found[name][index] = value
    return {name: column for name, column in found.items() if name in X or not np.isnan(column).all()}


def values_of(row: Row) -> dict[str, float]:
    """The values of a row by name; elements of an output of several values separately."""
    flat: dict[str, float] = dict(row.updates)
    for name, values in row.outputs.items():
        for index, value in enumerate(values):
            flat[name if len(values) == 1 else f"{name}[{index}]"] = value
    return flat


def extended(before: Mapping[str, Numbers], more: Mapping[str, Numbers]) -> dict[str, Numbers]:
    """Columns with those of later rows behind them; what one of the two lacks is NaN there."""
    names = dict.fromkeys([*before, *more])
    return {name: np.concatenate([_column(before, name), _column(more, name)]) for name in names}


def _column(of: Mapping[str, Numbers], name: str) -> Numbers:
    return of[name] if name in of else np.full(len(of["iteration"]), np.nan)


def thin(x: Numbers, y: Numbers, points: int) -> tuple[Numbers, Numbers]:
    """At most ``points`` points of a curve: of each stretch its least and greatest value."""
    if len(x) <= points or points < 4:
        return x, y
    edges = np.linspace(0, len(x), points // 2 + 1).astype(int)[:-1]
    edges = np.unique(edges)
    ends = np.append(edges[1:], len(x))
    low = np.array([start + int(np.argmin(y[start:end])) for start, end in zip(edges, ends, strict=True)])
    high = np.array([start + int(np.argmax(y[start:end])) for start, end in zip(edges, ends, strict=True)])
    kept = np.unique(np.concatenate([low, high, [0, len(x) - 1]]))
    return x[kept], y[kept]
