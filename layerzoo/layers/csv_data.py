"""CSVData: the rows of a table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from layerzoo.data.columns import find_columns
from layerzoo.data.csv_file import Table, read_csv
from layerzoo.data.data_layer import Reading, opening, positive
from layerzoo.data.image_source import AHEAD, ImageSource
from layerzoo.data.samples import Samples
from layerzoo.data.selection import split_of
from layerzoo.data.table_rows import Rows, TableSamples, encoded, joined, row_keys, rows_at
from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Arity, Shape, between, register
from layerzoo.schema import TRAIN, ColumnParameter, CSVDataParameter, LayerParameter, ReadingParameter

_FIELD = "csv_data_param."


@register
class CSVData(ImageSource):
    """Rows of a table: images, numbers, categories and labels, each kind in a top of its own.

    What a column holds is found by inspection, or given in ``column``; `layerzoo data columns TABLE` prints
    it. Numbers are normalised by the mean and standard deviation of the rows that train. A category is its
    number for an Embed layer, whose ``input_dim`` is the sum over the columns of their categories and one
    more, for missing and new ones. Rows without a label are left out. In TRAIN each epoch has its own random
    order.

    Shapes: tops, as far as there are such columns and in this order: images (batch_size, 3 or 1, height,
    width) after ``transform_param``; numbers (batch_size, columns); categories (batch_size, columns); the
    class (batch_size), or targets (batch_size, columns). Source: ours.
    """

    example = 'source: "table.csv" batch_size: 32 label: "species"'
    tops: ClassVar[Arity] = between(1, 4)
    messages = ("csv_data_param", "transform_param")
    path_fields = (
        f"{_FIELD}source",
        f"{_FIELD}join",
        f"{_FIELD}fitted_on",
        f"{_FIELD}root_folder",
        "transform_param.mean_file",
    )

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        size = positive(param.csv_data_param.batch_size, f"{_FIELD}batch_size")
        return Reading(size, AHEAD, param.phase == TRAIN)

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The texts of the column of the class, or the names of several columns to predict."""
        columns, _ = _load(param)
        classes = [column for column in columns if column.type == ColumnParameter.CLASS]
        targets = [column for column in columns if column.type == ColumnParameter.TARGET]
        if len(classes) == 1 and not targets:
            return list(classes[0].category)
        return [column.name for column in targets] if targets and not classes else None

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        return [*super().check(param, bottoms), *_load(param)[1].notes]

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size = cls.reading(param).batch_size
        rows = _load(param)[1]
        shapes: list[Shape] = []
        if rows.images is not None:
            first = _root(param.csv_data_param) / rows.images[0]
            shapes.append((size, *cls.image_shape(param, first)))
        arrays = (rows.numbers, rows.categories, rows.labels)
        shapes += [(size, *array.shape[1:]) for array in arrays if array is not None]
        if len(param.top) > len(shapes):
            kinds = ", ".join(rows.kinds)
            source = param.csv_data_param.source
            message = f"{len(param.top)} tops, but the columns of '{source}' give {kinds}"
            raise LayerFault(message, hint="label and column say what columns hold")
        return shapes[: len(param.top) or 4]

    def samples(self) -> Samples:
        p = self.param.csv_data_param
        return TableSamples(_load(self.param)[1], _root(p), self.pipeline(self.param), p.source)


def _root(p: CSVDataParameter) -> Path:
    return Path(p.root_folder) if p.root_folder else Path(p.source).parent


def _load(param: LayerParameter) -> tuple[list[ColumnParameter], Rows]:
    """The columns and the rows of a layer's table."""
    p, reading = param.csv_data_param, param.reading_param
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
    shares = (reading.val_share, reading.test_share) if reading.split != ReadingParameter.ALL else None
    with opening(f"{_FIELD}source", p.source, "a CSV file"):
        return _loaded(p.SerializeToString(deterministic=True), tuple(stamps), shares)


@lru_cache(maxsize=4)
def _loaded(
    settings: bytes, stamps: tuple[tuple[int, int, int], ...], shares: tuple[float, float] | None
) -> tuple[list[ColumnParameter], Rows]:
    """See `_load`; ``stamps`` change with the files."""
    p = CSVDataParameter.FromString(settings)
    table, notes = _table(p, p.source)
    train = _table(p, p.fitted_on)[0] if p.fitted_on else table
    try:
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
