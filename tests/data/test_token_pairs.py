"""Tokens for encoder and decoder."""

from __future__ import annotations

from layerzoo.data.token_pairs import token_pair


def test_token_pair_is_filled_up() -> None:
    source, given, target, count = token_pair([3, 1], [2, 5, 4], (3, 4))
    assert source.tolist() == [3, 1, 0]
    assert given.tolist() == [0, 2, 5, 4, 0]
    assert target.tolist() == [2, 5, 4, 0, -1]
    assert count == 2


def test_token_pair_of_full_length_ends_with_the_mark() -> None:
    source, given, target, count = token_pair([7], [1, 2], (1, 2))
    assert (source.tolist(), given.tolist(), target.tolist(), count) == ([7], [0, 1, 2], [1, 2, 0], 1)
