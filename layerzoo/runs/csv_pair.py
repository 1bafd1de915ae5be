"""Write the two CSV tables of Caffe's ``tools/extra/parse_log.py``.

``LOG.train`` and ``LOG.test`` hold ``NumIters,Seconds,LearningRate`` and a column for each output. As in
Caffe, ``LearningRate`` is the last one logged *before* the row (a display logs its own after its outputs),
and the first row has that of the second.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from io import StringIO
from math import isnan, nan
from pathlib import Path

from layerzoo.atomic import write_atomic
from layerzoo.errors import DataError
from layerzoo.runs.history import History, Row

FIXED = ("NumIters", "Seconds", "LearningRate")
_MAX_EMPTY = 100
"""The largest number of cells of a table for each value."""
Table = list[dict[str, float]]


def write_csv_pair(
    history: History, name: str, folder: str | os.PathLike[str], delimiter: str = ","
) -> dict[Path, int]:
    """Write the tables of a log; an empty table is not written.

    Args:
        history: the rows.
        name: name of the log; ``.train`` and ``.test`` are appended.
        folder: the target folder.
        delimiter: separator of columns.

    Returns:
        number of rows by file; 0 for a file that was not written.

    Raises:
        OSError: a file can't be written.
        DataError: nearly each row has outputs of its own.
    """
    written = {}
    for suffix, table in zip((".train", ".test"), tables(history), strict=True):
        path = Path(folder) / (name + suffix)
        if table:
            write_atomic(path, _csv(table, delimiter))
        written[path] = len(table)
    return written


def tables(history: History) -> tuple[Table, Table]:
    """All rows of ``LOG.train`` and ``LOG.test``, including those that a resumed run repeated.

    Test nets tested at the same iteration share a row; an output name that an earlier net has too becomes
    ``name#1`` and so on. Elements of an output of several values are ``name[0]``, ``name[1]``.
    """
    longer = {name for row in history.rows for name, values in row.outputs.items() if len(values) > 1}
    train: Table = []
    test: Table = []
    rate = nan
    last: Row | None = None
    for row in history.rows:
        if row.outputs:
            entry = {"NumIters": float(row.iteration), "Seconds": row.seconds, "LearningRate": rate}
            if row.net is None:
                train.append(entry)
            elif last is not None and _is_next_net(last, row):
                entry = test[-1]
            else:
                test.append(entry)
            _fill(entry, row, longer)
            if row.net is not None:
                last = row
        rate = rate if isnan(row.lr) else row.lr
    for table in (train, test):
        _set_first_rate(table, history.rows)
    return train, test


def _is_next_net(last: Row, row: Row) -> bool:
    """Whether a row is a test of the next net at the same iteration."""
    same = (last.iteration, last.section) == (row.iteration, row.section)
    return same and (last.net or 0) < (row.net or 0)


def _fill(entry: dict[str, float], row: Row, longer: Iterable[str]) -> None:
    for name, values in row.outputs.items():
        for index, value in enumerate(values):
            column = f"{name}[{index}]" if name in longer else name
            entry[f"{column}#{row.net}" if column in entry else column] = value


def _set_first_rate(table: Table, rows: Iterable[Row]) -> None:
    """Set the learning rate of the first row, which precedes the first logged one."""
    if len(table) > 1:
        table[0]["LearningRate"] = table[1]["LearningRate"]
    elif table and isnan(table[0]["LearningRate"]):
        table[0]["LearningRate"] = next((row.lr for row in rows if not isnan(row.lr)), nan)


def _csv(table: Table, delimiter: str) -> str:
    columns = dict.fromkeys(FIXED) | dict.fromkeys(name for entry in table for name in entry)
    cells, values = len(columns) * len(table), sum(map(len, table))
    if cells > _MAX_EMPTY * values:
        raise DataError(
            f"{len(columns):,} different outputs in {len(table):,} rows: a table would be nearly empty"
        )
    text = StringIO()
    writer = csv.DictWriter(text, list(columns), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()
