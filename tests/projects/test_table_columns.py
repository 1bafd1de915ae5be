"""Columns of tables in projects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data.table_rows import Rows
from layerzoo.data.table_source import load_table
from layerzoo.errors import DataError, UsageError
from layerzoo.projects.asked import CLASSIFICATION, REGRESSION, Asked
from layerzoo.projects.table_columns import (
    check_predicted,
    classes_of,
    described,
    of_type,
    predicted,
    shapes_of,
    task_of,
    written,
)
from layerzoo.schema import ColumnParameter, CSVDataParameter


def table(folder: Path, *labels: str) -> tuple[list[ColumnParameter], Rows]:
    rows = "".join(f"{n / 7},{'ab'[n % 2]},{'xyz'[n % 3]},{n / 3}\n" for n in range(12))
    (folder / "t.csv").write_text(f"size,kind,colour,price\n{rows}")
    return load_table(CSVDataParameter(source=str(folder / "t.csv"), label=labels))


def test_class_gives_names_and_numbers_of_rows(tmp_path: Path) -> None:
    columns, rows = table(tmp_path, "colour")
    assert (task_of(columns, rows), classes_of(columns, rows)) == (CLASSIFICATION, {"x": 4, "y": 4, "z": 4})
    assert predicted(columns) == ["colour"]
    assert shapes_of(columns, rows)["input_dim"] == [3], "two kinds and what is unknown"
    assert described(columns) == "columns by type: number: size, price; category: kind; class: colour"


def test_number_is_a_target_and_written_with_its_scale(tmp_path: Path) -> None:
    columns, rows = table(tmp_path, "price")
    assert (task_of(columns, rows), classes_of(columns, rows)) == (REGRESSION, {})
    fields = written(of_type(columns, ColumnParameter.TARGET)[0])
    prices = np.arange(12) / 3
    assert (fields["mean"], fields["std"]) == pytest.approx((prices.mean(), prices.std()))


def test_columns_that_no_net_predicts_at_once_are_refused(tmp_path: Path) -> None:
    columns, _ = table(tmp_path, "kind", "price")
    with pytest.raises(UsageError, match=r"'kind' of classes, and 'price' of numbers"):
        check_predicted(tmp_path, columns, Asked(labels=["kind", "price"]))
    with pytest.raises(DataError, match="-label COLUMN"):
        check_predicted(tmp_path, columns, Asked())
    check_predicted(tmp_path, table(tmp_path, "kind")[0], Asked())
