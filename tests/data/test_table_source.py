"""Tables as a CSVData layer's config says."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data.table_source import load_table
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import ColumnParameter, CSVDataParameter


def test_load_table_gives_columns_and_rows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,label\n1,a\n3,b\n")
    columns, rows = load_table(CSVDataParameter(source=str(tmp_path / "t.csv")))
    assert [(column.name, column.type) for column in columns] == [
        ("x", ColumnParameter.NUMBER),
        ("label", ColumnParameter.CLASS),
    ]
    assert rows.numbers is not None
    assert rows.numbers.tolist() == [[-1], [1]]


def test_a_class_outside_the_rows_that_train_is_one(tmp_path: Path) -> None:
    lines = "".join(f"{n},{'rare' if n == 7 else 'common'}\n" for n in range(40))
    (tmp_path / "t.csv").write_text("x,label\n" + lines)
    param = CSVDataParameter(source=str(tmp_path / "t.csv"))
    for val in range(1, 10):
        columns, _ = load_table(param, (val / 20, 0.4))
        assert list(columns[1].category) == ["common", "rare"]


def test_faults_name_field_and_file(tmp_path: Path) -> None:
    with pytest.raises(LayerFault, match="source is missing") as raised:
        load_table(CSVDataParameter())
    assert raised.value.field == "csv_data_param.source"
    (tmp_path / "t.csv").write_text("x\n1\n1\n")
    with pytest.raises(DataError, match=r"t.csv: no column holds numbers, categories, images or labels"):
        load_table(CSVDataParameter(source=str(tmp_path / "t.csv"), header=True))
    with pytest.raises(LayerFault, match="can't be opened: Is a directory"):
        load_table(CSVDataParameter(source=str(tmp_path)))
