"""The rows of a table as samples: images, numbers, categories and labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from layerzoo.data.csv_file import Table, as_number, is_missing
from layerzoo.data.draws import Ints
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Array, Floats, Kept, Samples, as_classes
from layerzoo.data.transform import Pipeline
from layerzoo.errors import DataError
from layerzoo.image_file import read_file
from layerzoo.schema import ColumnParameter


class Rows(NamedTuple):
    """Encoded rows; what the table has no column of is None.

    Attributes:
        keys: what identifies each row.
        lines: the number of each row's line in the file.
        images: the path of each row's image, as written.
        numbers: (rows, columns), normalised.
        categories: (rows, columns), numbers from 0; those of a column follow those of the one before, so
            that one Embed layer serves all.
        labels: classes (rows) of one column, or (rows, columns).
        notes: what was done about missing values.
    """

    keys: list[str]
    lines: list[int]
    images: list[str] | None
    numbers: Floats | None
    categories: Floats | None
    labels: Floats | None
    notes: list[str]

    @property
    def kinds(self) -> list[str]:
        """What the tops hold, in order."""
        return [
            name for name in ("images", "numbers", "categories", "labels") if getattr(self, name) is not None
        ]


def row_keys(table: Table, columns: Sequence[ColumnParameter]) -> list[str]:
    """What identifies each row: its key, else its image, else all its values."""
    for kind in (ColumnParameter.KEY, ColumnParameter.IMAGE):
        for column in columns:
            if column.type == kind:
                return table.column(column.name)
    return ["\t".join(row) for row in zip(*table.columns, strict=True)]


def rows_at(table: Table, places: Iterable[int]) -> Table:
    """Some rows of a table."""
    chosen = list(places)
    columns = [[values[place] for place in chosen] for values in table.columns]
    return table._replace(columns=columns, lines=[table.lines[place] for place in chosen])


def joined(table: Table, other: Table, key: str, names: tuple[str, str]) -> tuple[Table, int]:
    """A table with the columns of another one, whose row of the same key is added to each row.

    Args:
        table, other: the tables.
        key: the column of the key in both.
        names: their files, for messages.

    Returns:
        the table, and the number of its rows that the other one lacks; their added values are missing.

    Raises:
        DataError: a table has no such column, both have another one, or the other one has a key twice.
    """
    for one, name in zip((table, other), names, strict=True):
        if key not in one.names:
            raise DataError(f"{name}: no column '{key:.100}', which rows are joined by")
    for name in other.names:
        if name != key and name in table.names:
            raise DataError(f"{names[1]}: column '{name:.100}' is in {names[0]} too; rename it")
    keys = other.column(key)
    place_of = {value: place for place, value in enumerate(keys)}
    if len(place_of) < len(keys):
        twice = Counter(keys).most_common(1)[0][0]
        raise DataError(f"{names[1]}: key '{twice:.100}' is in several rows; expected one row for each key")
    places = [place_of.get(value) for value in table.column(key)]
    added = {
        name: ["" if place is None else values[place] for place in places]
        for name, values in zip(other.names, other.columns, strict=True)
        if name != key
    }
    names_of_both = [*table.names, *added]
    whole = table._replace(names=names_of_both, columns=[*table.columns, *added.values()])
    return whole, sum(place is None for place in places)


def with_labels_of_keys(table: Table, labels: Sequence[str], key: str) -> Table:
    """A table in which rows without a label have that of the first row with the same key that has one.

    Args:
        table: the rows.
        labels: the columns of labels.
        key: the column of the key.
    """
    columns = list(table.columns)
    keys = table.column(key)
    for name in labels:
        label_of: dict[str, str] = {}
        values = table.column(name)
        for one, value in zip(keys, values, strict=True):
            if not is_missing(value):
                label_of.setdefault(one, value)
        columns[table.names.index(name)] = [
            label_of.get(one, value) if is_missing(value) else value
            for one, value in zip(keys, values, strict=True)
        ]
    return table._replace(columns=columns)


def encoded(table: Table, columns: Sequence[ColumnParameter], source: str) -> Rows:
    """Encode a table by what is known of its columns, see `layerzoo.data.columns.find_columns`.

    Rows without a label or an image are left out.

    Args:
        table: the rows.
        columns: the columns, each with what its type needs.
        source: the file, for messages.

    Raises:
        DataError: a value isn't what its column holds, or no row has a label.
    """
    by_type: dict[int, list[ColumnParameter]] = {}
    for column in columns:
        by_type.setdefault(column.type, []).append(column)
    needed = [c for kind in (ColumnParameter.IMAGE, *_LABELS) for c in by_type.get(kind, ())]
    without = [
        any(is_missing(value) for value in row)
        for row in zip(*(table.column(c.name) for c in needed), strict=True)
    ] or [False] * len(table.lines)
    notes = []
    if any(without):
        names = ", ".join(f"'{column.name}'" for column in needed)
        rows = "1 row has" if sum(without) == 1 else f"{sum(without):,} rows have"
        notes.append(f"{rows} no value in {names}; left out")
        table = rows_at(table, (place for place, missing in enumerate(without) if not missing))
        if not table.lines:
            raise DataError(f"{source}: no row has a value in {names}")

    def blob(
        kinds: Sequence[int], encode: Callable[[ColumnParameter, Table, str], tuple[Floats, int]]
    ) -> Floats | None:
        arrays = []
        for column in columns:
            if column.type in kinds:
                values, missing = encode(column, table, source)
                if missing:
                    values_are = f"{missing:,} missing value{'s' * (missing > 1)}"
                    notes.append(f"column '{column.name}': {values_are}, {_instead(column)}")
                arrays.append(values)
        return np.stack(arrays, 1).astype(np.float32) if arrays else None

    numbers = blob([ColumnParameter.NUMBER], _numbers)
    categories = blob([ColumnParameter.CATEGORY], _categories)
    if categories is not None:
        sizes = [len(column.category) + 1 for column in by_type[ColumnParameter.CATEGORY]]
        categories += np.cumsum([0, *sizes[:-1]]).astype(np.float32)
    labels = blob(
        _LABELS, lambda c, t, s: (_classes if c.type == ColumnParameter.CLASS else _numbers)(c, t, s)
    )
    if labels is not None and len(by_type.get(ColumnParameter.CLASS, ())) == 1 and labels.shape[1] == 1:
        labels = labels[:, 0]
    images = by_type.get(ColumnParameter.IMAGE)
    paths = table.column(images[0].name) if images else None
    return Rows(row_keys(table, columns), table.lines, paths, numbers, categories, labels, notes)


_LABELS = (ColumnParameter.CLASS, ColumnParameter.TARGET)


def scales_of(columns: Sequence[ColumnParameter]) -> list[tuple[float, float]]:
    """The mean and standard deviation of each column to predict; none if there is one of classes."""
    labels = [column for column in columns if column.type in _LABELS]
    if any(column.type == ColumnParameter.CLASS for column in labels):
        return []
    return [(column.mean, column.std) for column in labels]


def _numbers(column: ColumnParameter, table: Table, source: str) -> tuple[Floats, int]:
    fill = as_number(column.fill) if column.HasField("fill") else column.mean
    values = []
    missing = 0
    for text, line in zip(table.column(column.name), table.lines, strict=True):
        number = as_number(text)
        if number is None:
            if not is_missing(text):
                raise DataError(f"{source}:{line}: column '{column.name}': '{text:.100}' is not a number")
            number, missing = fill, missing + 1
        values.append(number)
    with np.errstate(over="ignore"):
        normalised = ((np.array(values, np.float64) - column.mean) / column.std).astype(np.float32)
    if not np.isfinite(normalised).all():
        message = f"normalised by mean {column.mean:g} and std {column.std:g}, numbers are too large"
        raise DataError(f"{source}: column '{column.name}': {message}")
    return normalised, missing


def _categories(column: ColumnParameter, table: Table, source: str) -> tuple[Floats, int]:
    number_of = {text: number for number, text in enumerate(column.category)}
    other = number_of[column.fill] if column.HasField("fill") else len(number_of)
    values = [number_of.get(text, other) for text in table.column(column.name)]
    return np.array(values, np.float32), sum(text not in number_of for text in table.column(column.name))


def _classes(column: ColumnParameter, table: Table, source: str) -> tuple[Floats, int]:
    number_of = {text: number for number, text in enumerate(column.category)}
    for text, line in zip(table.column(column.name), table.lines, strict=True):
        if text not in number_of:
            message = f"class '{text:.100}' is none of the {len(number_of):,} classes"
            raise DataError(f"{source}:{line}: column '{column.name}': {message}")
    return np.array([number_of[text] for text in table.column(column.name)], np.float32), 0


def _instead(column: ColumnParameter) -> str:
    if column.HasField("fill"):
        return f"replaced by '{column.fill:.100}'"
    if column.type == ColumnParameter.CATEGORY:
        return "a category of their own, as are texts that the rows that train lack"
    return f"replaced by the mean, {column.mean:.6g}"


class TableSamples(Samples):
    """Rows, with the images that they name.

    Args:
        rows: the rows.
        root: folder of the images.
        pipeline: the transforms of the images.
        source: the file, for messages.
    """

    labels_are_known = True

    def __init__(self, rows: Rows, root: Path, pipeline: Pipeline, source: str) -> None:
        self._rows, self._root, self._pipeline, self._source = rows, root, pipeline, source
        self.cheap = rows.images is None

    def __len__(self) -> int:
        return len(self._rows.lines)

    def key_of(self, index: int) -> str:
        """The key of a row."""
        return self._rows.keys[index]

    def name(self, index: int) -> str:
        """The image of a row, and its line in the file."""
        where = f"{self._source}:{self._rows.lines[index]}"
        return where if self._rows.images is None else f"{self._root / self._rows.images[index]} ({where})"

    def keep(self, kept: Kept) -> bool:
        """Keep images after decoding and the other leading transforms that aren't random."""
        return self._pipeline.keep(kept)

    def labels(self) -> Ints | None:
        """The class of each row, where one is to be predicted."""
        return None if self._rows.labels is None else as_classes(self._rows.labels)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read images, numbers, categories and labels, as far as the table has them."""
        rows = self._rows
        tops: list[Array] = []
        if rows.images is not None:
            places = indices.tolist()

            def name(index: int) -> str:
                return self.name(places[index])

            files = [self._root / rows.images[place] for place in places]
            images = [Encoded(partial(read_file, file, name(index))) for index, file in enumerate(files)]
            tops.append(self._pipeline(images, numbers, key, name))
        held = (rows.numbers, rows.categories, rows.labels)
        return (*tops, *(array[indices] for array in held if array is not None))
