"""Plot panels to a PNG, SVG or PDF file with matplotlib."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from layerzoo.atomic import atomic_path
from layerzoo.errors import MissingExtraError, UsageError
from layerzoo.runs.curves import Panel

SUFFIXES = (".png", ".svg", ".pdf")
_WIDTH, _HEIGHT = 8.0, 3.2
_FEW_POINTS = 60


def save(panels: Sequence[Panel], path: str | os.PathLike[str]) -> None:
    """Write a plot with one panel below the other; one colour per run, dashed curves for test nets.

    Raises:
        MissingExtraError: matplotlib is not installed.
        UsageError: unknown suffix.
        OSError: the file can't be written.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"'{path.name}' has to end in one of {', '.join(SUFFIXES)}")
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("a picture", "plot") from None

    with matplotlib.rc_context({"svg.hashsalt": "layerzoo", "font.size": 9}):
        figure = Figure(figsize=(_WIDTH, _HEIGHT * len(panels)), layout="constrained")
        axes = figure.subplots(len(panels), 1, squeeze=False, sharex=True)[:, 0]
        several = len({curve.run for panel in panels for curve in panel.curves}) > 1
        for panel, ax in zip(panels, axes, strict=True):
            for curve in panel.curves:
                is_test = curve.net is not None
                own = 0 if curve.net is None else curve.net + 1
                ax.plot(
                    curve.xs,
                    curve.ys,
                    color=f"C{(curve.run if several else own) % 10}",
                    linestyle="--" if is_test and several else "-",
                    linewidth=1.4,
                    marker="o" if len(curve.xs) <= _FEW_POINTS else None,
                    markersize=2.5,
                    label=curve.label,
                )
            if panel.log:
                ax.set_yscale("log")
            ax.set_title(panel.title, loc="left", fontweight="bold")
            ax.grid(alpha=0.3)
            ax.spines[["top", "right"]].set_visible(False)
            if panel.curves:
                ax.legend(frameon=False)
        axes[-1].set_xlabel(panels[-1].axis)
        with atomic_path(path) as temporary:
            metadata = {"Date": None} if path.suffix.lower() == ".svg" else None
            figure.savefig(temporary, format=path.suffix[1:].lower(), dpi=150, metadata=metadata)
