"""Samples without images."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from layerzoo.data_report.table import sample_table
from tests.data_report.photos import sources


def test_first_samples_are_rows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n")
    text = f"""
    layer {{ name: "d" type: "CSVData" top: "data" top: "label"
      csv_data_param {{ source: "{tmp_path / "t.csv"}" label: "kind" batch_size: 2 }} }}
    """
    source = sources(text)[1]
    assert not source.is_image
    target = StringIO()
    Console(file=target, width=400).print(sample_table(source, 0, 3))
    shown = target.getvalue()
    assert "CSVData" in shown
    assert "4 samples" in shown
    assert len([line for line in shown.splitlines() if line.startswith("│")]) == 3
