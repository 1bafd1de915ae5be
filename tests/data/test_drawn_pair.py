"""Drawn tasks that answer tokens by tokens: texts that somebody types."""

from __future__ import annotations

import pytest

from layerzoo.data.drawn_pair import DrawnPair
from layerzoo.data.drawn_samples import task_of
from layerzoo.errors import DataError
from layerzoo.schema import DrawnDataParameter


def pair(task: str, **settings: int) -> DrawnPair:
    found = task_of(DrawnDataParameter(task=task, **settings))  # type: ignore[arg-type]
    assert isinstance(found, DrawnPair)
    return found


def test_strings_are_numbers_with_spaces() -> None:
    reverse = pair("reverse", length=3, symbols=12)
    assert reverse.encode(" 12 1  7 ") == [12, 1, 7]
    assert reverse.decode([7, 1, 12]) == "7 1 12"
    assert reverse.sizes() == (3, 3)
    for wrong in ("", "0", "13", "1 2 3 4", "01", "x", "-1"):
        with pytest.raises(DataError, match=r"expected 1 to 3 numbers from 1 to 12 .*, such as '1 2 3'"):
            reverse.encode(wrong)


def test_sums_are_written_as_people_do() -> None:
    addition = pair("addition", length=2)
    assert addition.encode("47+6") == addition.encode(" 47 + 6 ") == [5, 8, 11, 7]
    assert addition.decode([6, 4]) == "53"
    assert addition.sizes() == (5, 3)
    for wrong in ("", "47", "4+7+1", "123+4", "4-2", "٣+4"):
        with pytest.raises(DataError, match=r"expected two numbers of 1 to 2 digits, such as '7\+10'"):
            addition.encode(wrong)
