"""A table with columns of numbers, categories, or paths of images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from layerzoo.data.columns import find_columns
from layerzoo.data.csv_file import read_csv
from layerzoo.data.listed_files import image_folder
from layerzoo.data.table_source import load_table
from layerzoo.errors import DataError, LayerFault, UsageError
from layerzoo.projects.asked import CLASSIFICATION, Asked
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.looking import choose_shares, count_parts, look_at_images
from layerzoo.projects.recogniser import Recogniser, recogniser
from layerzoo.projects.table_columns import (
    LABELS,
    check_predicted,
    classes_of,
    described,
    predicted,
    shapes_of,
    task_of,
    written,
)
from layerzoo.schema import ColumnParameter, CSVDataParameter

_SUFFIXES: Final = frozenset({".csv", ".tsv", ".tab"})
_JOINED: Final = "lenet_mlp"
_MOST_WRITTEN: Final = 60
"""Columns of a table up to which each is written into the net."""


@recogniser
class Tables(Recogniser):
    """A CSV file: numbers and categories, or a column of paths of images, and columns to predict."""

    expects = "a CSV file with a column of paths of images, or columns of numbers, and one to predict"
    rank = 20

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> DataDescription | None:
        """What lies at a path; see `Recogniser.recognise`."""
        if not path.is_file() or path.suffix.lower() not in _SUFFIXES:
            return None
        param = CSVDataParameter(source=str(path), label=asked.labels)
        try:
            if asked.join:
                param.join, param.key = asked.join, _key(path, asked)
                if not asked.labels:  # of the first table, whatever the second one ends with
                    param.label.extend(predicted(find_columns(read_csv(path), key=param.key)))
            columns, rows = load_table(param)
            if not asked.labels and any(c.name == "label" and c.type not in LABELS for c in columns):
                param.label.append("label")  # where y is a coordinate, say
                columns, rows = load_table(param)
            notes: list[str] = []
            joins = rows.images is not None and (rows.numbers is not None or rows.categories is not None)
            if joins and asked.model not in ("", _JOINED):
                notes.append(_leave_out(param, columns))
                columns, rows = load_table(param)
                joins = False
            shares = choose_shares(len(rows.keys))
            counts = count_parts(rows.keys, shares)
            columns, rows = load_table(param, shares)
        except LayerFault as fault:
            raise DataError(fault.message) from None
        except DataError as error:
            raise UsageError(f"-label: {error}") if asked.labels else error from None
        if rows.labels is None:
            raise DataError(f"{path}: no column to predict; name it: -label COLUMN")
        check_predicted(path, columns, asked)
        description = DataDescription(
            what="",
            task=task_of(columns, rows),
            layer="CSVData",
            fields={"source": str(path.absolute()), **_join(param)},
            tops=[
                "data" if kind == "images" else "label" if kind == "labels" else kind for kind in rows.kinds
            ],
            counts=counts,
            shares=shares,
            classes=classes_of(columns, rows),
            shapes=shapes_of(columns, rows),
            details=[described(columns)],
            warnings=[*notes, *rows.notes],
            models=[_JOINED] if joins else [],
        )
        names = {"images": "paths of images", "numbers": "numbers", "categories": "categories"}
        kinds = [name for kind, name in names.items() if kind in rows.kinds]
        shown = ", ".join(kinds[:-1]) + " and " * (len(kinds) > 1) + kinds[-1] if kinds else "labels alone"
        description.what = f"a table of {len(rows.keys):,} rows with {shown}"
        description.new_sample = "photo.jpg" if kinds == ["paths of images"] else "new.csv"
        if rows.images is not None:
            description.images, warnings = look_at_images(
                [image_folder(path, rows.images[0]) / name for name in rows.images]
            )
            description.warnings += warnings
        if len(columns) <= _MOST_WRITTEN:
            description.fields = {**description.fields, "column": [written(column) for column in columns]}
        else:
            description.fields = {**description.fields, "label": predicted(columns)}
        if len(description.classes) == 1 and description.task == CLASSIFICATION:
            raise DataError(f"{path}: the column to predict has one class only; name another: -label COLUMN")
        return description


def _leave_out(param: CSVDataParameter, columns: Sequence[ColumnParameter]) -> str:
    """Leave out numbers and categories beside images; returns a note."""
    left = [c.name for c in columns if c.type in (ColumnParameter.NUMBER, ColumnParameter.CATEGORY)]
    param.column.extend(ColumnParameter(name=name, type=ColumnParameter.IGNORED) for name in left)
    return f"columns {', '.join(left[:5])}: not used beside the images; {_JOINED} is the model that uses them"


def _join(param: CSVDataParameter) -> dict[str, str]:
    """The fields that join a second table; none without one."""
    return {"join": str(Path(param.join).absolute()), "key": param.key} if param.join else {}


def _key(path: Path, asked: Asked) -> str:
    """The column that two tables are joined by.

    Raises:
        UsageError: they have no column in common, or several, and none is named.
    """
    if asked.key:
        return asked.key
    if not Path(asked.join).is_file():
        raise UsageError(f"-join {asked.join}: no such file; expected a CSV file")
    other = read_csv(asked.join)
    common = [name for name in read_csv(path).names if name in other.names]
    if len(common) != 1:
        names = ", ".join(f"'{name:.60}'" for name in common[:5]) or "none"
        hint = "name the column that rows are joined by: -key COLUMN"
        raise UsageError(f"-join {asked.join}: columns that both tables have are {names}; {hint}")
    return common[0]
