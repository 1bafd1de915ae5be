"""``layerzoo data columns``."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from layerzoo.cli.main import main
from layerzoo.layers.csv_data import CSVData
from layerzoo.loader import parse_net


def test_columns_are_fields_for_a_layer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "t.csv"
    table.write_text("size;colour;kind\n1;red;b\n3;blue;a\n;red;a\n")
    assert main(["data", "columns", str(table), "-label", "kind"]) == 0
    out, err = capsys.readouterr()
    printed = yaml.safe_load(out)["column"]
    assert printed == [
        {"name": "size", "type": "NUMBER", "mean": 2, "std": 1},
        {"name": "colour", "type": "CATEGORY", "category": ["blue", "red"]},
        {"name": "kind", "type": "CLASS", "category": ["a", "b"]},
    ]
    assert "3 rows; tops: numbers, categories, labels" in err
    assert "column 'size': 1 missing value, replaced by the mean, 2" in err
    layer = {"type": "CSVData", "name": "d", "top": ["x", "c", "y"], "csv_data_param": {"column": printed}}
    net = parse_net(yaml.safe_dump({"layer": [layer]}), format="yaml")
    param = net.message.layer[0]
    param.csv_data_param.source = str(table)
    assert CSVData.class_names(param) == ["a", "b"]


def test_a_missing_table_is_a_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "columns", str(tmp_path / "absent.csv")]) == 2
    assert "absent.csv' can't be opened: No such file" in capsys.readouterr().err
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3\n")
    assert main(["data", "columns", str(tmp_path / "t.csv")]) == 4
