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
    tops = list(source.param.top)
    table = Table(
        title=f"{source.text}, {source.part}: {len(source.layer.source):,} samples", title_justify="left"
    )
    table.add_column("sample", no_wrap=True)
    for top in tops:
        table.add_column(top)
    for row in sample_rows(source, seed, rows):
        table.add_row(*row)
    return table


def sample_rows(source: DataSource, seed: int, rows: int) -> list[list[str]]:
    """Name and tops of the first samples of a source as the net is fed.

    Raises:
        DataError: a sample can't be read.
    """
    rows = min(rows, len(source.layer.source))
    indices = source.order(seed).indices(np.arange(rows)).tolist()
    return [
        [
            source.layer.source.name(index),
            *(_text(value) for value, _ in zip(source.fed(number, seed), source.param.top, strict=False)),
        ]
        for number, index in enumerate(indices)
    ]


def _text(values: Array) -> str:
    """The first numbers of an array, and its shape if there are more."""
    flat = np.asarray(values).reshape(-1)
    shown = ", ".join(f"{value:.4g}" for value in flat[:_SHOWN].tolist())
    if len(flat) <= _SHOWN:
        return shown
    return f"{shown}, … ({' x '.join(map(str, values.shape[1:]))})"
