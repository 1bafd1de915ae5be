"""Find what the columns of a table hold, and the numbers that normalise them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from pathlib import PurePath
from typing import Final

from layerzoo.data.class_folders import SUFFIXES
from layerzoo.data.csv_file import Table, as_number, is_missing, thousands_in
from layerzoo.errors import DataError, did_you_mean, nearest
from layerzoo.schema import ColumnParameter

MAX_CATEGORIES: Final = 100_000
"""The most categories of a column."""
Type = ColumnParameter.Type
_LABELS: Final = re.compile(r"(label|class|target|outcome|category|species|y)s?([ _-]?\d+)?", re.IGNORECASE)
_KEYS: Final = re.compile(r"(|unnamed: 0|.*[ _-])?(id|uuid|index|key)", re.IGNORECASE)
_FEW: Final = 20
"""A column with at most as many different whole numbers can be one of classes."""
_TEXTS: Final = 1000
"""A column with more different texts than that, or than half of the rows, holds free text."""


def find_columns(
    table: Table, labels: Sequence[str] = (), given: Sequence[ColumnParameter] = (), key: str = ""
) -> list[ColumnParameter]:
    """Say what each column of a table holds.

    Args:
        table: the rows that train.
        labels: names of the columns to predict; none: found by their names, else the last column.
        given: what is known of some columns; it is kept.
        key: name of the column that identifies rows; empty: found by its name.

    Returns:
        for each column its type, and where they are needed mean and standard deviation or categories, and
        the value that takes the place of missing ones.

    Raises:
        DataError: a column that is named doesn't exist, or doesn't hold what it should.
    """
    known = {column.name: column for column in given}
    if len(known) < len(given):
        twice = next(name for name, count in Counter(c.name for c in given).items() if count > 1)
        raise DataError(f"column '{twice}' is given twice")
    for name in (*known, *labels, *([key] if key else [])):
        if name not in table.names:
            raise DataError(f"no column '{name:.100}'; {_hint(name, table.names)}")
    predicted = set(labels)
    if not predicted and not any(
        c.HasField("type") and c.type in (ColumnParameter.CLASS, ColumnParameter.TARGET) for c in given
    ):
        predicted = _predicted(table, known)
    columns = []
    for name, values in zip(table.names, table.columns, strict=True):
        column = ColumnParameter(name=name)
        column.MergeFrom(known.get(name, ColumnParameter()))
        if not column.HasField("type"):
            if name == key:
                column.type = ColumnParameter.KEY
            elif name in predicted:
                column.type = _label_type(values, len(predicted))
            else:
                column.type = _type_of(name, values)
        if column.type in (ColumnParameter.NUMBER, ColumnParameter.TARGET):
            check_commas(name, values, table.delimiter)
        fit(column, values)
        columns.append(column)
    images = [column for column in columns if column.type == ColumnParameter.IMAGE]
    for extra in images[1:]:
        if known.get(extra.name, ColumnParameter()).HasField("type"):
            raise DataError(
                f"columns '{images[0].name}' and '{extra.name}' are both of type IMAGE; one can be"
            )
        extra.type = ColumnParameter.IGNORED
    return columns


def check_commas(name: str, values: Sequence[str], delimiter: str) -> None:
    """Check that commas in numbers are decimal; between semicolons they are, as spreadsheets write them.

    Raises:
        DataError: they may divide thousands.
    """
    number = thousands_in(values)
    if number is not None and delimiter != ";":
        message = f"'{number}' may be {number.replace(',', '')} or {number.replace(',', '.')}"
        raise DataError(f"column '{name}': {message}; write numbers without commas, or divide values by ';'")


def fit(column: ColumnParameter, values: Sequence[str]) -> None:
    """Compute what a column lacks: mean and standard deviation, categories, the value for missing ones.

    Raises:
        DataError: the values aren't what the type says.
    """
    present = [value for value in values if not is_missing(value)]
    if column.type in (ColumnParameter.NUMBER, ColumnParameter.TARGET):
        numbers = [_number(value, column.name) for value in present]
        _fit_numbers(column, numbers)
    elif column.type in (ColumnParameter.CATEGORY, ColumnParameter.CLASS):
        if not column.category:
            texts = sorted(set(present), key=_order(present))
            if len(texts) > MAX_CATEGORIES:
                message = f"{len(texts):,} categories; at most {MAX_CATEGORIES:,} can be"
                raise DataError(f"column '{column.name}': {message}; give it type: IGNORED")
            column.category.extend(texts)
        if column.missing == ColumnParameter.MEAN:
            raise DataError(f"column '{column.name}': texts have no mean; give missing: MOST_FREQUENT")
        if column.missing == ColumnParameter.MOST_FREQUENT and not column.HasField("fill") and present:
            column.fill = Counter(present).most_common(1)[0][0]
        if column.HasField("fill") and column.fill not in column.category:
            raise DataError(f"column '{column.name}': fill '{column.fill:.100}' is none of its categories")


def _fit_numbers(column: ColumnParameter, numbers: Sequence[float]) -> None:
    labels = column.type == ColumnParameter.TARGET and set(numbers) <= {0.0, 1.0}
    if not column.HasField("mean"):
        column.mean = 0.0 if labels or not numbers else sum(numbers) / len(numbers)
    if not column.HasField("std"):
        mean = sum(numbers) / len(numbers) if numbers else 0.0
        square = sum((number - mean) ** 2 for number in numbers) / max(1, len(numbers))
        column.std = 1.0 if labels or not square else sqrt(square)
    if not 0 < column.std < float("inf") or abs(column.mean) == float("inf"):
        message = f"mean {column.mean:g}, std {column.std:g}; expected finite numbers, std above 0"
        raise DataError(f"column '{column.name}': {message}")
    if column.missing == ColumnParameter.OWN_CATEGORY:
        raise DataError(f"column '{column.name}': numbers have no category of their own; give missing: MEAN")
    if column.HasField("fill"):
        _number(column.fill, column.name)
    elif column.missing == ColumnParameter.MOST_FREQUENT and numbers:
        column.fill = repr(Counter(numbers).most_common(1)[0][0])


def _predicted(table: Table, known: Mapping[str, ColumnParameter]) -> set[str]:
    """The columns to predict, by their names; else the last one that can be."""
    free = [name for name in table.names if not known.get(name, ColumnParameter()).HasField("type")]
    named = {name for name in free if _LABELS.fullmatch(name)}
    numbered = {name for name in named if name[-1].isdigit()}
    if named:
        return numbered or {next(name for name in free if name in named)}
    kinds = {name: _type_of(name, table.column(name)) for name in free}
    usable = [name for name in free if kinds[name] in (ColumnParameter.NUMBER, ColumnParameter.CATEGORY)]
    return set(usable[-1:]) if len(usable) > 1 or ColumnParameter.IMAGE in kinds.values() else set()


def _type_of(name: str, values: Sequence[str]) -> ColumnParameter.Type:
    present = [value for value in values if not is_missing(value)]
    different = set(present)
    if not present:
        return ColumnParameter.IGNORED
    if all(PurePath(value).suffix.lower() in SUFFIXES for value in different):
        return ColumnParameter.IMAGE
    if _KEYS.fullmatch(name) and len(different) == len(values):
        return ColumnParameter.KEY
    if all(as_number(value) is not None for value in different):
        return ColumnParameter.NUMBER if len(different) > 1 else ColumnParameter.IGNORED
    if len(different) == 1:
        return ColumnParameter.IGNORED
    most = min(_TEXTS, max(_FEW, len(present) // 2))
    return ColumnParameter.CATEGORY if len(different) <= most else ColumnParameter.IGNORED


def _label_type(values: Sequence[str], labels: int) -> ColumnParameter.Type:
    present = {value for value in values if not is_missing(value)}
    numbers = {as_number(value) for value in present}
    if None in numbers:
        return ColumnParameter.CLASS
    whole = all(number is not None and number >= 0 and number == int(number) for number in numbers)
    return ColumnParameter.CLASS if labels == 1 and whole and len(numbers) <= _FEW else ColumnParameter.TARGET


def _order(values: Sequence[str]) -> Callable[[str], tuple[float, str]]:
    """The key by which categories are sorted: numbers by value, other texts by name."""
    if all(as_number(value) is not None for value in set(values)):
        return lambda value: (as_number(value) or 0.0, value)
    return lambda value: (0.0, value)


def _number(value: str, name: str) -> float:
    number = as_number(value)
    if number is None:
        raise DataError(f"column '{name}': '{value:.100}' is not a number; give it type: CATEGORY or IGNORED")
    return number


def _hint(name: str, names: Sequence[str]) -> str:
    shown = ", ".join(f"'{one:.40}'" for one in names[:10]) + (" …" if len(names) > 10 else "")
    return did_you_mean(nearest(name, names)) or f"the table has {shown}"
