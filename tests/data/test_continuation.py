"""Continue texts token by token."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from layerzoo.data.continuation import Continuation
from layerzoo.data.samples import Array, Floats
from layerzoo.data.vocabulary import build
from layerzoo.errors import DataError

LETTERS = build(["abc"], "CHARACTERS", 10)
HOW = Continuation(LETTERS, 4, True, ["data", "label", "cont"])


def next_letter(blobs: dict[str, Array], place: int) -> Floats:
    """The letter after the one at a place: b after a, c after b, a after c."""
    row = np.zeros(5, np.float32)
    row[2 + (int(blobs["data"].ravel()[place]) - 1) % 3] = 1
    return row


def test_window_holds_the_last_tokens() -> None:
    blobs, place = HOW.window([2, 3, 4, 2, 3])
    assert (blobs["data"].shape, blobs["data"].ravel().tolist(), place) == ((4, 1), [3, 4, 2, 3], 3)
    assert blobs["cont"].ravel().tolist() == [0, 1, 1, 1]
    blobs, place = HOW._replace(time_first=False).window([2])
    assert (blobs["data"].shape, blobs["data"].ravel().tolist(), place) == ((1, 4), [2, 0, 0, 0], 0)


def test_text_goes_on_with_the_likely_tokens() -> None:
    assert HOW.continued("xab", next_letter, 7) == "cabcabc"
    with pytest.raises(DataError, match="'xyz': no token of it is in the vocabulary"):
        HOW.continued("xyz", next_letter, 7)


def test_seed_and_temperature_choose_tokens() -> None:
    def uneven(blobs: dict[str, Array], place: int) -> Floats:
        return np.array([0.9, 0, 0.06, 0.03, 0.01], np.float32)

    drawn = [HOW.continued("a", uneven, 600, 1.0, seed) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    counts = Counter(drawn[0])
    assert [counts[letter] for letter in "abc"] == pytest.approx([360, 180, 60], abs=40), "0.6, 0.3, 0.1"
    assert HOW.continued("a", uneven, 5, 0) == "aaaaa"
    cold = Counter(HOW.continued("a", uneven, 600, 0.5, 1))
    assert cold["a"] == pytest.approx(600 * 36 / 46, abs=40), "the squares of the shares"


def test_padding_is_never_drawn() -> None:
    def only_padding(blobs: dict[str, Array], place: int) -> Floats:
        return np.array([1, 0, 0, 0, 0], np.float32)

    assert set(HOW.continued("a", only_padding, 50)) == set("abc")
