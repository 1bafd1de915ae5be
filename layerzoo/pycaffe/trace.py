"""Tables of statistics of a net's blobs, to find where values go wrong."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from layerzoo.host import Blob
from layerzoo.host.blob import Half

_HEAD = ("blob", "shape", "min", "mean", "max", "non-finite", "diff min", "mean", "max", "non-finite")


class Table(str):
    """Text that an interactive prompt prints without quotes."""

    def __repr__(self) -> str:
        return str(self)


def trace(blobs: Mapping[str, Blob]) -> Table:
    """Make a table of each blob's shape and statistics (min, mean, max, non-finite) of data and diff."""
    rows = [_HEAD]
    for name, blob in blobs.items():
        shape = "x".join(map(str, blob.axes)) or "scalar"
        halves = (blob.values, blob.gradients)
        data, diff = (_statistics(half.tensor() if half.there else None) for half in halves)
        rows.append((name, shape, *data, *diff))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)
    return Table("\n".join(line.rstrip() for line in lines))


def summary(half: Half) -> str:
    """Return one line of statistics of a blob's values or gradients."""
    return statistics_of(half.tensor()) if half.there else "nothing yet"


def statistics_of(tensor: torch.Tensor) -> str:
    """Return one line of statistics of a tensor."""
    low, mean, high, bad = _statistics(tensor)
    shape = "x".join(map(str, tensor.shape)) or "scalar"
    return f"{shape}  min {low}  mean {mean}  max {high}" + (
        f"  NOT FINITE: {bad}" if bad not in "-0" else ""
    )


def _statistics(tensor: torch.Tensor | None) -> tuple[str, str, str, str]:
    if tensor is None or not tensor.numel():
        return "-", "-", "-", "-"
    finite = tensor[torch.isfinite(tensor)].double()
    bad = str(tensor.numel() - finite.numel())
    if not finite.numel():
        return "-", "-", "-", bad
    return f"{finite.min():.4g}", f"{finite.mean():.4g}", f"{finite.max():.4g}", bad
