"""Rows of tables that a trained net is asked about, encoded as the rows that trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from layerzoo.data.columns import check_commas
from layerzoo.data.csv_file import MAX_BYTES, Table, is_missing, parse_csv
from layerzoo.data.new_samples import NewSource
from layerzoo.data.table_rows import Rows, encoded
from layerzoo.errors import DataError, did_you_mean, nearest
from layerzoo.schema import ColumnParameter, CSVDataParameter

TABLES: Final = frozenset({".csv", ".tsv", ".tab"})
"""Suffixes of tables."""
_FEATURES: Final = (ColumnParameter.IMAGE, ColumnParameter.NUMBER, ColumnParameter.CATEGORY)
_MOST_NOTED: Final = 5
_SHOWN: Final = 12


def fitted_columns(p: CSVDataParameter, columns: Sequence[ColumnParameter]) -> CSVDataParameter:
    """The message of a layer that names no source, and all columns that are used."""
    used = [column for column in columns if column.type != ColumnParameter.IGNORED]
    numbered = [column.name for column in columns] == [f"column{n}" for n in range(1, len(columns) + 1)]
    fitted = CSVDataParameter(batch_size=p.batch_size, column=used)
    if p.HasField("header"):
        fitted.header = p.header
    elif not numbered:
        fitted.header = True
    return fitted


def new_rows(p: CSVDataParameter, source: NewSource) -> Rows:
    """The rows of a table without labels; columns are found by name, those that aren't needed left out.

    Numbers are normalised, and missing values replaced, as when the net was trained. A row's key is that of
    its column of keys, or else ``FILE:LINE``; if the message names a key that the table lacks, ``FILE``.

    Args:
        p: the fitted layer's message.
        source: the table.

    Raises:
        DataError: it isn't a table, lacks a column, or a value isn't what its column holds.
    """
    table = parse_csv(source.read(MAX_BYTES), source.name, "", p.header if p.HasField("header") else None)
    columns = [column for column in p.column if column.type in _FEATURES]
    _check_names(table, columns, source.name)
    for column in columns:
        if column.type == ColumnParameter.NUMBER:
            try:
                check_commas(column.name, table.column(column.name), table.delimiter)
            except DataError as error:
                raise DataError(f"{source.name}: {error}") from None
        elif column.type == ColumnParameter.IMAGE:
            _check_images(table, column, source.name)
    keys = [c for c in p.column if c.type == ColumnParameter.KEY and c.name in table.names]
    rows = encoded(table, [*columns, *keys], source.name)
    unknown, notes = _unknown(table, columns, source.name), []
    for texts in unknown.values():
        more = len(texts) - _MOST_NOTED
        notes += [*texts[:_MOST_NOTED], *([f"{source.name}: {more:,} more such texts"] if more > 0 else [])]
    known = (note for note in rows.notes if not any(note.startswith(f"column '{c}': ") for c in unknown))
    notes += [f"{source.name}: {note}" for note in known]
    if p.key and not keys:  # the rows of one sequence
        rows = rows._replace(keys=[source.name] * len(rows.keys))
    elif not keys or (not p.key and len(set(rows.keys)) < len(rows.keys)):
        rows = rows._replace(keys=[f"{source.name}:{line}" for line in rows.lines])
    return rows._replace(notes=notes)


def _check_names(table: Table, columns: Sequence[ColumnParameter], name: str) -> None:
    lacking = [column.name for column in columns if column.name not in table.names]
    if not lacking:
        return
    shown = ", ".join(f"'{one:.60}'" for one in table.names[:_SHOWN])
    shown += " …" if len(table.names) > _SHOWN else ""
    if len(lacking) == 1:
        hint = did_you_mean(nearest(lacking[0], table.names)) or f"it has {shown}"
        raise DataError(f"{name}: no column '{lacking[0]:.100}', which the net was trained with; {hint}")
    missing = ", ".join(f"'{one:.60}'" for one in lacking[:_SHOWN])
    missing += " …" if len(lacking) > _SHOWN else ""
    raise DataError(
        f"{name}: no columns {missing}, which the net was trained with; its first row has {shown}, and has "
        "to hold the names of the columns"
    )


def _check_images(table: Table, column: ColumnParameter, name: str) -> None:
    for value, line in zip(table.column(column.name), table.lines, strict=True):
        if is_missing(value):
            raise DataError(f"{name}:{line}: column '{column.name}': no path of an image")


def _unknown(table: Table, columns: Sequence[ColumnParameter], name: str) -> dict[str, list[str]]:
    """Notes on texts that no row had that trained, by column."""
    notes: dict[str, list[str]] = {}
    for column in columns:
        if column.type != ColumnParameter.CATEGORY:
            continue
        known = set(column.category)
        instead = f"'{column.fill:.60}'" if column.HasField("fill") else "unknown, like a missing value"
        for value, line in zip(table.column(column.name), table.lines, strict=True):
            if value in known or is_missing(value):
                continue
            known.add(value)
            notes.setdefault(column.name, []).append(
                f"{name}:{line}: column '{column.name}': '{value:.60}' is none of the "
                f"{len(column.category):,} categories that the net was trained with; taken for {instead}"
            )
    return notes
