"""The lines of a formatted text."""

from __future__ import annotations

from layerzoo.formatting.lines import Line, aligned, column_of, width


def test_comments_of_one_column_stay_in_one_column() -> None:
    lines = [Line("a: 1", "# x", 12), Line("long: 200", "# y", 12), Line("c: 3", "# z", 20)]
    assert aligned(lines) == "a: 1       # x\nlong: 200  # y\nc: 3  # z\n"


def test_blank_lines_are_reduced_to_one_and_dropped_at_both_ends() -> None:
    lines = [Line(""), Line("a"), Line(""), Line(""), Line("b"), Line("")]
    assert aligned(lines) == "a\n\nb\n"


def test_nothing_gives_an_empty_text() -> None:
    assert aligned([Line("")]) == ""


def test_column_counts_tabs_and_the_last_line_alone() -> None:
    assert column_of("first\n\tx: 1 # c", 12) == 13
    assert width("a\nbcd") == 3
