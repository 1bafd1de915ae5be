"""Curves of several runs, thinned out for a chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from layerzoo.studio.index.columns import TRAIN, Numbers, thin

Axis = Literal["iteration", "epoch", "seconds"]
AXES: Final[tuple[Axis, ...]] = get_args(Axis)
LARGEST: Final = 1e300


@dataclass
class Series:
    """A curve.

    Attributes:
        run: the run's id.
        label: train, test, or test #N.
        net: the test net's number; -1 for the training net.
        quantity: what is drawn.
        x, y: points.
    """

    run: str
    label: str
    net: int
    quantity: str
    x: list[float]
    y: list[float]


def series(
    run: str,
    net: int,
    quantity: str,
    x: Numbers,
    y: Numbers,
    points: int,
    stretch: tuple[float, float] | None,
) -> Series | None:
    """A curve, None without points; what is NaN or beyond `LARGEST` is left out.

    Args:
        run: the run's id.
        net: number of the test net or `TRAIN`.
        quantity: what is drawn.
        x, y: all points.
        points: how many are kept at most.
        stretch: the part of the x axis that is wanted.
    """
    kept = (np.abs(x) <= LARGEST) & (np.abs(y) <= LARGEST)
    if stretch is not None:
        kept &= (x >= stretch[0]) & (x <= stretch[1])
    x, y = thin(x[kept], y[kept], points)
    if not len(x):
        return None
    label = "train" if net == TRAIN else "test" if net == 0 else f"test #{net}"
    return Series(run, label, net, quantity, x.tolist(), y.tolist())
