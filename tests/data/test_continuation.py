"""How a net reads the text that it continues."""

from __future__ import annotations

import pytest

from layerzoo.data.continuation import Continuation
from layerzoo.data.vocabulary import build
from layerzoo.errors import DataError

LETTERS = build(["abc"], "CHARACTERS", 10)
HOW = Continuation(LETTERS, 4, True, ["data", "label", "cont"])


def test_window_holds_the_last_tokens() -> None:
    blobs, place = HOW.window([2, 3, 4, 2, 3])
    assert (blobs["data"].shape, blobs["data"].ravel().tolist(), place) == ((4, 1), [3, 4, 2, 3], 3)
    assert blobs["cont"].ravel().tolist() == [0, 1, 1, 1]
    blobs, place = HOW._replace(time_first=False).window([2])
    assert (blobs["data"].shape, blobs["data"].ravel().tolist(), place) == ((1, 4), [2, 0, 0, 0], 0)


def test_start_is_what_the_vocabulary_knows() -> None:
    assert HOW.start("xab") == [2, 3]
    with pytest.raises(DataError, match="'xyz': no token of it is in the vocabulary"):
        HOW.start("xyz")
