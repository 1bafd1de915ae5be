"""The choice of the next token."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.errors import UsageError
from layerzoo.generation.token_choice import TokenChoice

FIVE = np.array([0.05, 0.4, 0.1, 0.3, 0.15], np.float32)


def test_temperature_changes_shares() -> None:
    np.testing.assert_allclose(TokenChoice().weights(FIVE), FIVE, rtol=1e-6)
    squares = np.array([0.0025, 0.16, 0.01, 0.09, 0.0225]) / 0.285
    np.testing.assert_allclose(TokenChoice(0.5).weights(FIVE), squares, rtol=1e-5)
    assert TokenChoice(0).weights(FIVE).tolist() == [0, 1, 0, 0, 0]
    assert [TokenChoice(0)(FIVE, draw) for draw in (0.0, 0.99)] == [1, 1]


def test_top_k_keeps_the_likeliest_of_equal_ones_the_first() -> None:
    np.testing.assert_allclose(TokenChoice(top_k=2).weights(FIVE), [0, 4 / 7, 0, 3 / 7, 0], rtol=1e-6)
    equal = np.full(4, 0.25, np.float32)
    assert TokenChoice(top_k=3).weights(equal).tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    np.testing.assert_allclose(TokenChoice(top_k=9).weights(FIVE), FIVE, rtol=1e-6)


def test_top_p_keeps_the_fewest_that_reach_the_sum() -> None:
    np.testing.assert_allclose(TokenChoice(top_p=0.65).weights(FIVE), [0, 4 / 7, 0, 3 / 7, 0], rtol=1e-6)
    assert np.flatnonzero(TokenChoice(top_p=0.75).weights(FIVE)).tolist() == [1, 3, 4]
    assert np.flatnonzero(TokenChoice(top_p=1e-6).weights(FIVE)).tolist() == [1], "at least one"
    assert np.flatnonzero(TokenChoice(top_p=0.65, top_k=1).weights(FIVE)).tolist() == [1], "both hold"


def test_draws_choose_by_shares_and_never_a_token_of_weight_0() -> None:
    choice = TokenChoice()
    assert [choice(FIVE, draw) for draw in (0, 0.049, 0.051, 0.44, 0.46, 0.999999)] == [0, 0, 1, 1, 2, 4]
    cut = np.array([0.5, 0.5, 0, 0], np.float32)
    assert {choice(cut, draw) for draw in np.linspace(0, np.nextafter(1, 0), 50)} == {0, 1}
    drawn = np.random.default_rng(0).random(20_000)
    shares = np.bincount([choice(FIVE, draw) for draw in drawn], minlength=5) / len(drawn)
    np.testing.assert_allclose(shares, FIVE, atol=0.015)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -1.0}, "temperature -1; expected 0 or more"),
        ({"temperature": float("nan")}, "temperature nan"),
        ({"top_k": -2}, "top_k -2; expected 0 or more"),
        ({"top_p": 0.0}, "top_p 0; expected above 0, and at most 1"),
        ({"top_p": 1.5}, "top_p 1.5"),
    ],
)
def test_values_out_of_range_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TokenChoice(**settings)  # type: ignore[arg-type]  # as a caller may
