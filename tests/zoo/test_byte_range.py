"""Ranges of bytes."""

from __future__ import annotations

import pytest

from layerzoo.zoo.byte_range import UnsatisfiableRangeError, requested_range


@pytest.mark.parametrize(
    ("header", "size", "found"),
    [
        ("", 10, None),
        ("lines=1-2", 10, None),
        ("bytes=0-1,3-4", 10, None),
        ("bytes=0-0", 10, (0, 0)),
        ("BYTES = 2-3", 10, (2, 3)),
        ("bytes=4-", 10, (4, 9)),
        ("bytes=4-99", 10, (4, 9)),
        ("bytes=9-9", 10, (9, 9)),
        ("bytes=-4", 10, (6, 9)),
        ("bytes=-99", 10, (0, 9)),
        ("bytes=000000000000000000000000001-2", 10, (1, 2)),
        ("bytes=1-" + "9" * 5000, 10, (1, 9)),
    ],
)
def test_range_is_understood(header: str, size: int, found: tuple[int, int] | None) -> None:
    assert requested_range(header, size) == found


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ("bytes", 10),
        ("bytes=", 10),
        ("bytes=-", 10),
        ("bytes=5-3", 10),
        ("bytes=10-", 10),
        ("bytes=" + "9" * 5000 + "-", 10),
        ("bytes=-0", 10),
        ("bytes=--5", 10),
        ("bytes=1-2x", 10),
        ("bytes=\u0661-2", 10),
        ("bytes=0-", 0),
        ("bytes=-5", 0),
    ],
)
def test_range_without_bytes_is_refused(header: str, size: int) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        requested_range(header, size)
