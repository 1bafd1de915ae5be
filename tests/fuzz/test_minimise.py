"""Inputs that fail are made smaller."""

from __future__ import annotations

from tests.fuzz.minimise import minimised


def test_minimised_keeps_what_the_failure_needs() -> None:
    data = bytes(range(65, 91)) * 20 + b"needle" + b"x" * 700
    assert minimised(data, lambda one: b"needle" in one, 10) == b"needle"
    assert minimised(data, lambda one: b"A" in one and b"dle" in one, 10) == b"Adle"


def test_minimised_replaces_bytes_by_plain_ones() -> None:
    assert minimised(b"abcdefgh", lambda one: len(one) >= 5, 10) == b"00000"


def test_minimised_returns_an_input_that_does_not_fail_again() -> None:
    assert minimised(b"abc", lambda one: False, 10) == b"abc"


def test_minimised_stops_in_time() -> None:
    tried: list[bytes] = []

    def fails(one: bytes) -> bool:
        tried.append(one)
        return len(tried) == 1 or len(one) > 90

    assert minimised(b"x" * 100, fails, 0) == b"x" * 100
    assert len(tried) == 1
