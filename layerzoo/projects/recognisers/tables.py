"""A table with columns of numbers, categories, or paths of images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from layerzoo.data.table_rows import Rows
from layerzoo.data.table_source import load_table
from layerzoo.errors import DataError, LayerFault, UsageError
from layerzoo.projects.asked import CLASSIFICATION, MULTI_LABEL, REGRESSION, Asked
from layerzoo.projects.found import Found
from layerzoo.projects.looking import choose_shares, count_parts, look_at_images
from layerzoo.projects.recogniser import Recogniser, recogniser
from layerzoo.projects.yaml_text import Word
from layerzoo.schema import ColumnParameter, CSVDataParameter

_SUFFIXES: Final = frozenset({".csv", ".tsv", ".tab"})
_MOST_WRITTEN: Final = 60
"""Columns of a table up to which each is written into the net."""
_MOST_CATEGORIES: Final = 200


@recogniser
class Tables(Recogniser):
    """A CSV file: numbers and categories, or a column of paths of images, and columns to predict."""

    expects = "a CSV file with a column of paths of images, or columns of numbers, and one to predict"
    rank = 20

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> Found | None:
        """What lies at a path; see `Recogniser.recognise`."""
        if not path.is_file() or path.suffix.lower() not in _SUFFIXES:
            return None
        param = CSVDataParameter(source=str(path), label=asked.labels)
        try:
            columns, rows = load_table(param)
            notes: list[str] = []
            if rows.images is not None and (rows.numbers is not None or rows.categories is not None):
                notes.append(_leave_out(param, columns))
                columns, rows = load_table(param)
            shares = choose_shares(len(rows.keys))
            counts = count_parts(rows.keys, shares)
            columns, rows = load_table(param, shares)
        except LayerFault as fault:
            raise DataError(fault.message) from None
        except DataError as error:
            raise UsageError(f"-label: {error}") if asked.labels else error from None
        if rows.labels is None:
            raise DataError(f"{path}: no column to predict; name it: -label COLUMN")
        _check_predicted(path, columns, asked)
        found = Found(
            what="",
            task=_task(columns, rows),
            layer="CSVData",
            message="csv_data_param",
            fields={"source": str(path.absolute())},
            tops=[
                "data" if kind == "images" else "label" if kind == "labels" else kind for kind in rows.kinds
            ],
            counts=counts,
            shares=shares,
            classes=_classes(columns, rows),
            shapes=_shapes(columns, rows),
            details=[_described(columns)],
            warnings=[*notes, *rows.notes],
        )
        kind = "paths of images" if rows.images is not None else "numbers and categories"
        found.what = f"a table of {len(rows.keys):,} rows with {kind}"
        if rows.images is not None:
            found.images, warnings = look_at_images([path.parent / name for name in rows.images])
            found.warnings += warnings
        if len(columns) <= _MOST_WRITTEN:
            found.fields = {**found.fields, "column": [_written(column) for column in columns]}
        else:
            found.fields = {**found.fields, "label": _predicted(columns)}
        if len(found.classes) == 1 and found.task == CLASSIFICATION:
            raise DataError(f"{path}: the column to predict has one class only; name another: -label COLUMN")
        return found


def _check_predicted(path: Path, columns: Sequence[ColumnParameter], asked: Asked) -> None:
    """Check that one net can predict the columns: one of classes, or any of numbers.

    Raises:
        UsageError: ``-label`` names others.
        DataError: the table has others.
    """
    classes = [f"'{column.name}'" for column in _of_type(columns, ColumnParameter.CLASS)]
    numbers = [f"'{column.name}'" for column in _of_type(columns, ColumnParameter.TARGET)]
    if len(classes) + bool(numbers) < 2:
        return
    kinds = f"{', '.join(classes)} of classes" + (f", and {', '.join(numbers)} of numbers" if numbers else "")
    fix = "expected one of classes, or columns of numbers: -label COLUMN"
    message = f"{path}: columns to predict are {kinds}; {fix}"
    raise UsageError(message) if asked.labels else DataError(message)


def _leave_out(param: CSVDataParameter, columns: Sequence[ColumnParameter]) -> str:
    """Leave out numbers and categories beside images; returns a note."""
    left = [c.name for c in columns if c.type in (ColumnParameter.NUMBER, ColumnParameter.CATEGORY)]
    param.column.extend(ColumnParameter(name=name, type=ColumnParameter.IGNORED) for name in left)
    return f"columns {', '.join(left[:5])}: not used beside the images; edit net.yaml to join them"


def _of_type(columns: Sequence[ColumnParameter], kind: ColumnParameter.Type) -> list[ColumnParameter]:
    return [column for column in columns if column.type == kind]


def _task(columns: Sequence[ColumnParameter], rows: Rows) -> str:
    if _of_type(columns, ColumnParameter.CLASS) and not _of_type(columns, ColumnParameter.TARGET):
        return CLASSIFICATION
    assert rows.labels is not None
    targets = _of_type(columns, ColumnParameter.TARGET)
    yes_or_no = all((column.mean, column.std) == (0, 1) for column in targets)
    return MULTI_LABEL if yes_or_no and set(rows.labels.ravel().tolist()) <= {0.0, 1.0} else REGRESSION


def _classes(columns: Sequence[ColumnParameter], rows: Rows) -> dict[str, int]:
    classes = _of_type(columns, ColumnParameter.CLASS)
    if len(classes) != 1 or rows.labels is None or rows.labels.ndim != 1:
        return {}
    counts = Counter(rows.labels.astype(int).tolist())
    return {name: counts[index] for index, name in enumerate(classes[0].category)}


def _shapes(columns: Sequence[ColumnParameter], rows: Rows) -> dict[str, Sequence[int]]:
    categories = _of_type(columns, ColumnParameter.CATEGORY)
    shapes: dict[str, Sequence[int]] = {"input_dim": [sum(len(c.category) + 1 for c in categories)]}
    if rows.labels is not None:
        shapes["label"] = rows.labels.shape[1:]
    return shapes


def _predicted(columns: Sequence[ColumnParameter]) -> list[str]:
    kinds = (ColumnParameter.CLASS, ColumnParameter.TARGET)
    return [column.name for column in columns if column.type in kinds]


def _described(columns: Sequence[ColumnParameter]) -> str:
    by_type: dict[str, list[str]] = {}
    for column in columns:
        by_type.setdefault(ColumnParameter.Type.Name(column.type).lower(), []).append(column.name)
    parts = []
    for kind, names in by_type.items():
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        parts.append(f"{kind}: {', '.join(names[:5])}{more}")
    return f"columns by type: {'; '.join(parts)}"


def _written(column: ColumnParameter) -> dict[str, object]:
    """A column as the net writes it: what was found does not change with the table."""
    fields: dict[str, object] = {"name": column.name, "type": Word(ColumnParameter.Type.Name(column.type))}
    if column.type in (ColumnParameter.NUMBER, ColumnParameter.TARGET):
        fields |= {"mean": column.mean, "std": column.std}
    if 0 < len(column.category) <= _MOST_CATEGORIES:
        fields["category"] = list(column.category)
    return fields
