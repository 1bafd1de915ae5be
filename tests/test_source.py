"""Positions in texts."""

from __future__ import annotations

import pytest

from layerzoo.source import Origin, Source

TEXT = "name: a\r\n  top: ü\n\nend"


@pytest.mark.parametrize(
    ("offset", "line", "column"),
    [
        (0, 1, 1),
        (6, 1, 7),
        (9, 2, 1),
        (11, 2, 3),
        (16, 2, 8),
        (18, 3, 1),
        (19, 4, 1),
        (22, 4, 4),
        (999, 4, 4),
        (-3, 1, 1),
    ],
)
def test_position_counts_lines_and_columns_from_one(offset: int, line: int, column: int) -> None:
    assert Source("x", TEXT).position(offset) == (line, column)


@pytest.mark.parametrize(
    ("offset", "line"), [(0, "name: a"), (8, "name: a"), (11, "  top: ü"), (18, ""), (99, "end")]
)
def test_line_at_has_no_line_break(offset: int, line: str) -> None:
    assert Source("x", TEXT).line_at(offset) == line


def test_origin_is_name_line_and_column() -> None:
    assert str(Origin(Source("configs/a.yaml", TEXT), 11)) == "configs/a.yaml:2:3"


def test_position_is_right_in_a_text_of_many_blocks() -> None:
    text = "".join(f"{i}\n" for i in range(20_000))
    source = Source("x", text)
    for offset in (0, 1, 16_383, 16_384, 16_385, 50_000, len(text) - 1, len(text)):
        assert source.position(offset).line == text.count("\n", 0, offset) + 1


def test_line_at_gives_a_part_of_a_long_line() -> None:
    source = Source("x", "ab\n0123456789\ncd")
    assert source.line_at(8, 3, 4) == "2345"
    assert source.line_at(8, 9, 40) == "89"
