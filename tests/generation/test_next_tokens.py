"""The probabilities of the next tokens."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.errors import ZooError
from layerzoo.generation.next_tokens import WindowedPasses, of_known_tokens
from layerzoo.zoo.new_data import continuation
from tests.generation.letters import ALTERNATING, letters


@pytest.mark.parametrize("time_first", [False, True])
def test_texts_of_several_lengths_are_one_batch(time_first: bool) -> None:
    net = letters(ALTERNATING, time_first=time_first)
    how = continuation(net)
    assert how is not None
    found = WindowedPasses(net, how)([[2], [2, 3, 2, 3], [2, 3, 2]])
    assert found.shape == (3, 4)
    assert found.argmax(1).tolist() == [3, 2, 3]
    likely, other = np.exp(9) / (np.exp(9) + 3), 1 / (np.exp(9) + 3)
    np.testing.assert_allclose(found[0], [0, 0, other, likely], rtol=1e-5)


def test_padding_and_unknown_tokens_have_no_probability() -> None:
    net = letters(ALTERNATING)
    how = continuation(net)
    assert how is not None
    only_padding = np.array([[1, 0, 0, 0], [0.5, 0.1, 0.1, 0.3]], np.float32)
    expected = np.array([[0, 0, 1, 1], [0, 0, 0.1, 0.3]], np.float32)
    np.testing.assert_array_equal(of_known_tokens(only_padding, how, "net"), expected)
    with pytest.raises(ZooError, match="net: 3 outputs for each token; expected 4"):
        of_known_tokens(only_padding[:, :3], how, "net")
