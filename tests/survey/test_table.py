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
        Row("in/f.prototxt", "net", True, "", True, True, notes=["x", "left out: layer 'l': no code"]),
    ]
    assert list(table(rows, "in")) == [
        "parsed  upgraded  built  ran  file          why not",
        "yes     yes       yes    yes  a.prototxt",
        "yes     -         no     -    b/c.prototxt  3: unknown layer type 'X'",
        "no      -         -      -    d.prototxt    1: no value",
        "yes     -         yes    -    e.prototxt",
        "yes     -         yes    yes  f.prototxt    left out: layer 'l': no code",
        "",
        "5 files: 3 nets, 1 of neither kind, 1 solver",
        "  parsed   4 of 5 (80.0 %)",
        "  upgraded 1 of 5 (20.0 %)",
        "  built    3 of 4 (75.0 %)",
        "  ran      2 of 2 (100.0 %)",
        "  unknown layer types, by files: X 1",
    ]
    assert next(iter(table([], "in"))).startswith("parsed")
