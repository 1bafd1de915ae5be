"""The report of a migration and the table of many."""

from __future__ import annotations

from pathlib import Path

from layerzoo.migration.formats import Outcome
from layerzoo.migration.report import report, table
from layerzoo.migration.result import Migration


def test_report_says_what_was_and_was_not_done() -> None:
    made = Migration(
        Path("net.prototxt"), None, "net", params=1234, inputs={"data": (1, 3)}, outputs={"y": (1,)}
    )
    made.upgrades = ["V1 layers"]
    made.outcomes = [
        Outcome("onnx", ("net.onnx",), 2e-7),
        Outcome("python", why="a|b\x1b[31m can't be written"),
    ]
    text = report(made)
    assert "**untrained**" in text
    assert "1,234 params. Inputs: `data` 1 x 3. Outputs: `y` 1." in text
    assert "| onnx | `net.onnx` | 2e-07 |" in text
    assert "| python | not written | no |" in text
    assert "- python: a\\|b\\x1b[31m can't be written" in text
    assert "## What was upgraded\n\n- V1 layers" in text


def test_table_counts_what_was_written() -> None:
    rows = [
        (Path("a.prototxt"), [Outcome("onnx", ("a.onnx",), 1e-6)], ""),
        (Path("b.prototxt"), [Outcome("onnx", why="no")], ""),
        (Path("c.prototxt"), [], "3 faults"),
    ]
    text = table(rows)
    assert "| a.prototxt | 1e-06 | - | - | - |  |" in text
    assert "| b.prototxt | no | - | - | - | no |" in text
    assert "| c.prototxt | - | - | - | - | 3 faults |" in text
    assert "onnx: 1 of 3 (33.3 %)" in text
