"""Sequential and random reading of values, over a list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from layerzoo.reader.cursor import Cursor


class Listed:
    """Values of a list, with the starts of all iterations."""

    def __init__(self, values: list[bytes]) -> None:
        self.values, self.starts = values, list[int]()

    def __call__(self, start: int) -> Iterator[bytes]:
        self.starts.append(start)
        for value in self.values[start:]:
            if value == b"bad":
                raise ZeroDivisionError
            yield value


@pytest.fixture
def listed() -> Listed:
    return Listed([b"0", b"1", b"2", b"3", b"4"])


def test_read_continues_forwards_and_restarts_backwards(listed: Listed) -> None:
    cursor = Cursor(listed, 64)
    assert [cursor.read(index) for index in (1, 2, 4)] == [b"1", b"2", b"4"]
    assert listed.starts == [1]
    assert [cursor.read(index) for index in (3, 4, 4)] == [b"3", b"4", b"4"]
    assert listed.starts == [1, 3, 4]


def test_read_past_the_end_gives_none_and_starts_again(listed: Listed) -> None:
    cursor = Cursor(listed, 64)
    assert [cursor.read(index) for index in (3, 5, 0)] == [b"3", None, b"0"]


def test_read_starts_again_after_an_error() -> None:
    listed = Listed([b"0", b"bad", b"2"])
    cursor = Cursor(listed, 64)
    cursor.read(0)
    with pytest.raises(ZeroDivisionError):
        cursor.read(1)
    assert cursor.read(2) == b"2"
    assert listed.starts == [0, 2]


def test_kept_value_is_given_again_without_a_new_start(listed: Listed) -> None:
    cursor = Cursor(listed, 64)
    cursor.keep(cursor.read(1) or b"")
    assert [cursor.read(index) for index in (1, 2)] == [b"1", b"2"]
    assert listed.starts == [1]
    cursor.keep(b"2")
    assert [cursor.read(index) for index in (4, 2)] == [b"4", b"2"]
    assert listed.starts == [1, 2]
