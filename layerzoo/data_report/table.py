"""Samples without images as a table."""

from __future__ import annotations

from typing import Final

import numpy as np
from rich.table import Table

from layerzoo.data.samples import Array
from layerzoo.data_report.sources import DataSource

_SHOWN: Final = 8


def sample_table(source: DataSource, seed: int, rows: int) -> Table:
    """The first samples of a source as the net is fed, one a row.

    Args:
        source: the source.
        seed: seed of the run.
        rows: number of samples.

    Raises:
        DataError: a sample can't be read.
    """
    rows = min(rows, len(source.layer.source))
    tops = list(source.param.top)
    table = Table(
        title=f"{source.text}, {source.part}: {len(source.layer.source):,} samples", title_justify="left"
    )
    table.add_column("sample", no_wrap=True)
    for top in tops:
        table.add_column(top)
    indices = source.order(seed).indices(np.arange(rows)).tolist()
    for number, index in enumerate(indices):
        values = source.fed(number, seed)
        name = source.layer.source.name(index)
        table.add_row(name, *(_text(value) for value, _ in zip(values, tops, strict=False)))
    return table


def _text(values: Array) -> str:
    """The first numbers of an array, and its shape if there are more."""
    flat = np.asarray(values).reshape(-1)
    shown = ", ".join(f"{value:.4g}" for value in flat[:_SHOWN].tolist())
    if len(flat) <= _SHOWN:
        return shown
    return f"{shown}, … ({' x '.join(map(str, values.shape[1:]))})"
