"""The index of keys, by hand."""

from __future__ import annotations

import pytest

from layerzoo.reader.key_index import KeyIndex


def test_index_holds_all_keys_that_fit() -> None:
    index = KeyIndex(most_bytes=100)
    for number in range(10):  # 2 + 8 bytes each
        index.add(b"k%d" % number)
    assert (index.step, index.count, index.nbytes) == (1, 10, 100)
    assert [index.before(number) for number in (0, 7, 9, 50)] == [
        (0, b"k0"),
        (7, b"k7"),
        (9, b"k9"),
        (9, b"k9"),
    ]


def test_index_forgets_every_second_key_where_they_do_not_fit() -> None:
    index = KeyIndex(most_bytes=100)
    for number in range(64):
        index.add(b"%02d" % number)
        assert index.nbytes <= 100
    # of 10 bytes each: the 11th and the 21st of those in steps of 2 don't fit, and so on
    assert (index.step, index.count) == (8, 64)
    assert [index.before(number) for number in (0, 7, 8, 63)] == [
        (0, b"00"),
        (0, b"00"),
        (8, b"08"),
        (56, b"56"),
    ]


def test_index_of_long_keys_holds_the_first_at_least() -> None:
    index = KeyIndex(most_bytes=10)
    for number in range(9):
        index.add(b"%d" % number * 30)
    assert index.before(8) == (0, b"0" * 30)


def test_index_without_records_has_none_before() -> None:
    with pytest.raises(IndexError):
        KeyIndex().before(3)
