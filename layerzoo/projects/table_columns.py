"""What the columns of a table are to a project: the task, the classes, and how a net writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from layerzoo.data.table_rows import Rows
from layerzoo.errors import DataError, UsageError
from layerzoo.projects.asked import CLASSIFICATION, MULTI_LABEL, REGRESSION, Asked
from layerzoo.projects.yaml_text import Word
from layerzoo.schema import ColumnParameter

LABELS: Final = (ColumnParameter.CLASS, ColumnParameter.TARGET)
"""Types of the columns to predict."""
_MOST_CATEGORIES: Final = 200


def check_predicted(path: Path, columns: Sequence[ColumnParameter], asked: Asked) -> None:
    """Check that one net can predict the columns: one of classes, or any of numbers.

    Raises:
        UsageError: ``-label`` names others.
        DataError: the table has others.
    """
    classes = [f"'{column.name}'" for column in of_type(columns, ColumnParameter.CLASS)]
    numbers = [f"'{column.name}'" for column in of_type(columns, ColumnParameter.TARGET)]
    if len(classes) + bool(numbers) < 2:
        return
    kinds = f"{', '.join(classes)} of classes" + (f", and {', '.join(numbers)} of numbers" if numbers else "")
    fix = "expected one of classes, or columns of numbers: -label COLUMN"
    message = f"{path}: columns to predict are {kinds}; {fix}"
    raise UsageError(message) if asked.labels else DataError(message)


def of_type(columns: Sequence[ColumnParameter], kind: ColumnParameter.Type) -> list[ColumnParameter]:
    """The columns of a type."""
    return [column for column in columns if column.type == kind]


def task_of(columns: Sequence[ColumnParameter], rows: Rows) -> str:
    """The task that the columns to predict give."""
    if of_type(columns, ColumnParameter.CLASS) and not of_type(columns, ColumnParameter.TARGET):
        return CLASSIFICATION
    assert rows.labels is not None
    targets = of_type(columns, ColumnParameter.TARGET)
    yes_or_no = all((column.mean, column.std) == (0, 1) for column in targets)
    return MULTI_LABEL if yes_or_no and set(rows.labels.ravel().tolist()) <= {0.0, 1.0} else REGRESSION


def classes_of(columns: Sequence[ColumnParameter], rows: Rows) -> dict[str, int]:
    """The number of rows of each class by name; empty if there is not one column of classes."""
    classes = of_type(columns, ColumnParameter.CLASS)
    if len(classes) != 1 or rows.labels is None or rows.labels.ndim != 1:
        return {}
    counts = Counter(rows.labels.astype(int).tolist())
    return {name: counts[index] for index, name in enumerate(classes[0].category)}


def shapes_of(columns: Sequence[ColumnParameter], rows: Rows) -> dict[str, Sequence[int]]:
    """The number of categories in all, as ``input_dim``, and the shape of a label."""
    categories = of_type(columns, ColumnParameter.CATEGORY)
    shapes: dict[str, Sequence[int]] = {"input_dim": [sum(len(c.category) + 1 for c in categories)]}
    if rows.labels is not None:
        shapes["label"] = rows.labels.shape[1:]
    return shapes


def predicted(columns: Sequence[ColumnParameter]) -> list[str]:
    """The names of the columns to predict."""
    return [column.name for column in columns if column.type in LABELS]


def described(columns: Sequence[ColumnParameter]) -> str:
    """The columns in words, by their type."""
    by_type: dict[str, list[str]] = {}
    for column in columns:
        by_type.setdefault(ColumnParameter.Type.Name(column.type).lower(), []).append(column.name)
    parts = []
    for kind, names in by_type.items():
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        parts.append(f"{kind}: {', '.join(names[:5])}{more}")
    return f"columns by type: {'; '.join(parts)}"


def written(column: ColumnParameter) -> dict[str, object]:
    """A column as the net writes it: what was found does not change with the table."""
    fields: dict[str, object] = {"name": column.name, "type": Word(ColumnParameter.Type.Name(column.type))}
    if column.type in (ColumnParameter.NUMBER, ColumnParameter.TARGET):
        fields |= {"mean": column.mean, "std": column.std}
    if 0 < len(column.category) <= _MOST_CATEGORIES:
        fields["category"] = list(column.category)
    return fields
