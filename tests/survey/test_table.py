"""Surveys as text tables."""

from __future__ import annotations

from layerzoo.survey import Row, table


def test_table_has_a_line_per_file_and_totals() -> None:
    rows = [
        Row("in/a.prototxt", "net", True, "1 layer of format V1", True, True),
        Row(
            "in/b/c.prototxt", "net", True, "", False, None, "3: unknown layer type 'X'", unknown_types=["X"]
        ),
        Row("in/d.prototxt", "", False, why="1: no value"),
        Row("in/e.prototxt", "solver", True, "", True),
    ]
    assert list(table(rows, "in")) == [
        "parsed  upgraded  built  ran  file          why not",
        "yes     yes       yes    yes  a.prototxt",
        "yes     -         no     -    b/c.prototxt  3: unknown layer type 'X'",
        "no      -         -      -    d.prototxt    1: no value",
        "yes     -         yes    -    e.prototxt",
        "",
        "4 files: 2 nets, 1 of neither kind, 1 solver",
        "  parsed   3 of 4 (75.0 %)",
        "  upgraded 1 of 4 (25.0 %)",
        "  built    2 of 3 (66.7 %)",
        "  ran      1 of 1 (100.0 %)",
        "  unknown layer types, by files: X 1",
    ]
    assert next(iter(table([], "in"))).startswith("parsed")
