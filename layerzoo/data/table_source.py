"""Load a table as the config of a CSVData layer says."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from layerzoo.data.columns import find_columns
from layerzoo.data.csv_file import Table, read_csv
from layerzoo.data.data_layer import opening
from layerzoo.data.selection import split_of
from layerzoo.data.table_rows import Rows, encoded, joined, row_keys, rows_at, with_labels_of_keys
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import ColumnParameter, CSVDataParameter, ReadingParameter

_FIELD = "csv_data_param."
_LABELS = (ColumnParameter.CLASS, ColumnParameter.TARGET)


def load_table(
    p: CSVDataParameter, shares: tuple[float, float] | None = None, one_label_a_key: bool = False
) -> tuple[list[ColumnParameter], Rows]:
    """The columns of a table, each with all that its type needs, and the rows, encoded.

    Args:
        p: the message; paths are relative to the working folder.
        shares: the shares of VAL and TEST, if the rest of the rows is what trains; None if all rows train.
        one_label_a_key: whether a row without a label has that of another row with its key.

    Raises:
        LayerFault: a file is missing, or fields contradict each other.
        DataError: a table is damaged, or doesn't hold what the message says.
    """
    if p.join and not p.key:
        raise LayerFault("join without key", field=f"{_FIELD}join", hint="name the column of the key")
    if len(p.delimiter) > 1:
        message = f"delimiter '{p.delimiter:.20}'; expected one character"
        raise LayerFault(message, field=f"{_FIELD}delimiter")
    stamps = []
    for field in ("source", "join", "fitted_on"):
        path = getattr(p, field)
        if path or field == "source":
            with opening(f"{_FIELD}{field}", path, "a CSV file"):
                facts = Path(path).stat()
                os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
            stamps.append((facts.st_mtime_ns, facts.st_size, facts.st_ino))
    with opening(f"{_FIELD}source", p.source, "a CSV file"):
        settings = _decisive(p).SerializeToString(deterministic=True)
        return _loaded(settings, tuple(stamps), shares, one_label_a_key)


def _decisive(p: CSVDataParameter) -> CSVDataParameter:
    """The fields that the columns and rows depend on."""
    fields = CSVDataParameter(
        source=p.source,
        delimiter=p.delimiter,
        label=p.label,
        column=p.column,
        join=p.join,
        key=p.key,
        fitted_on=p.fitted_on,
    )
    if p.HasField("header"):
        fields.header = p.header
    return fields


@lru_cache(maxsize=4)
def _loaded(
    settings: bytes,
    stamps: tuple[tuple[int, int, int], ...],
    shares: tuple[float, float] | None,
    one_label_a_key: bool,
) -> tuple[list[ColumnParameter], Rows]:
    """See `load_table`; ``stamps`` change with the files."""
    p = CSVDataParameter.FromString(settings)
    table, notes = _table(p, p.source)
    train = _table(p, p.fitted_on)[0] if p.fitted_on else table
    try:
        columns = find_columns(train, p.label, p.column, p.key)
        if one_label_a_key:
            labels = [column.name for column in columns if column.type in _LABELS]
            train = with_labels_of_keys(train, labels, p.key)
            table = with_labels_of_keys(table, [name for name in labels if name in table.names], p.key)
            columns = find_columns(train, p.label, p.column, p.key)
        if shares is not None and not p.fitted_on:
            columns = _fitted_on_split(train, columns, p, shares)
    except DataError as error:
        raise DataError(f"{p.fitted_on or p.source}: {error}") from None
    rows = encoded(table, columns, p.source)
    if not rows.kinds:
        raise DataError(f"{p.source}: no column holds numbers, categories, images or labels")
    return columns, rows._replace(notes=[f"{p.source}: {note}" for note in (*notes, *rows.notes)])


def _fitted_on_split(
    table: Table, columns: list[ColumnParameter], p: CSVDataParameter, shares: tuple[float, float]
) -> list[ColumnParameter]:
    """The columns with mean, standard deviation and categories of the rows of split TRAIN alone."""
    keys = row_keys(table, columns)
    places = [n for n, key in enumerate(keys) if split_of(key, *shares) == ReadingParameter.TRAIN]
    given = {column.name: column for column in p.column}
    typed = []
    for column in columns:
        known = ColumnParameter(name=column.name, type=column.type)
        known.MergeFrom(given.get(column.name, ColumnParameter()))
        if column.type == ColumnParameter.CLASS and not known.category:
            known.category.extend(column.category)  # a class is one wherever it stands
        typed.append(known)
    return find_columns(rows_at(table, places), p.label, typed, p.key) if places else columns


def _table(p: CSVDataParameter, path: str) -> tuple[Table, list[str]]:
    header = p.header if p.HasField("header") else None
    table = read_csv(path, p.delimiter, header)
    if not p.join:
        return table, []
    other = read_csv(p.join, p.delimiter, header)
    table, lacking = joined(table, other, p.key, (path, p.join))
    return table, [f"{lacking:,} rows have no row of the same key in {p.join}"] if lacking else []
