"""Fit latency and bandwidth of a link to measured all-reduces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from layerzoo.errors import UsageError
from layerzoo.scaling.links import Link


class Fit(NamedTuple):
    """A link, and how well it tells what was measured.

    Attributes:
        link: the link.
        error: the root of the mean squared relative error of the times.
    """

    link: Link
    error: float


def fit_link(measured: Sequence[tuple[int, float]], count: int) -> Fit:
    """Fit a link to all-reduces around a ring, by least squares of the relative errors.

    Neither latency nor bandwidth becomes negative: where the best line would have it so, the latency is 0, or
    the bandwidth infinite.

    Args:
        measured: bytes and seconds of each all-reduce.
        count: number of processes.

    Raises:
        UsageError: fewer than two sizes, no time, or a single process.
    """
    if count < 2 or len({size for size, _ in measured}) < 2 or any(time <= 0 for _, time in measured):
        raise UsageError("a link is fitted to times of at least two sizes, over at least two processes")
    steps = 2 * (count - 1)
    # rows of the problem: (steps / time) latency + (steps / count * size / time) / bandwidth = 1
    rows = [(steps / time, steps / count * size / time) for size, time in measured]
    aa, ab, bb = (sum(row[i] * row[j] for row in rows) for i, j in ((0, 0), (0, 1), (1, 1)))
    a, b = (sum(row[i] for row in rows) for i in (0, 1))
    determinant = aa * bb - ab * ab
    latency, inverse = (a * bb - b * ab) / determinant, (b * aa - a * ab) / determinant
    if latency < 0:
        latency, inverse = 0.0, b / bb
    elif inverse < 0:
        latency, inverse = a / aa, 0.0
    squares = [(row[0] * latency + row[1] * inverse - 1) ** 2 for row in rows]
    link = Link(latency, 1 / inverse if inverse else float("inf"))
    return Fit(link, (sum(squares) / len(squares)) ** 0.5)
