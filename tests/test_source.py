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
def test_an_offset_is_a_line_and_a_column_from_one(offset: int, line: int, column: int) -> None:
    assert Source("x", TEXT).position(offset) == (line, column)


@pytest.mark.parametrize(
    ("offset", "line"), [(0, "name: a"), (8, "name: a"), (11, "  top: ü"), (18, ""), (99, "end")]
)
def test_a_line_comes_without_its_end(offset: int, line: str) -> None:
    assert Source("x", TEXT).line_at(offset) == line


def test_an_origin_reads_as_editors_expect() -> None:
    assert str(Origin(Source("configs/a.yaml", TEXT), 11)) == "configs/a.yaml:2:3"
