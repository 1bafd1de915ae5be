"""The probabilities of the next tokens."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import ZooError
from layerzoo.generation.next_tokens import SteppedPasses, WindowedPasses, next_tokens, of_known_tokens
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.zoo import LocalZoo, ZooNet, load
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


def test_steps_give_the_probabilities_of_windows() -> None:
    """Also after the texts are put in another order, and past the length of a window."""
    entry = next(entry for entry in LocalZoo().shipped_entries() if entry.name == "char-transformer")
    net = load(entry)
    how = continuation(net)
    assert how is not None
    windows = WindowedPasses(load(entry), how)  # a net that is decoded runs nothing else
    first, second = how.start("the lion sleeps"), how.start("the ape sleeps.")
    with next_tokens(net, how) as following:
        assert isinstance(following, SteppedPasses)
        texts = [first, second]
        np.testing.assert_allclose(following(texts), windows(texts), rtol=1e-3, atol=1e-6)
        texts = [[*second, 5], [*first, 6], [*first, 7]]
        np.testing.assert_allclose(following(texts), windows(texts), rtol=1e-3, atol=1e-6)
        texts = [[*texts[2], 9], [*texts[0], 9]]
        np.testing.assert_allclose(following(texts), windows(texts), rtol=1e-3, atol=1e-6)
        text = list(first)
        while len(text) < how.length:
            text.append(5 + len(text) % 7)
            following([text])
        np.testing.assert_allclose(following([text]), windows([text]), rtol=1e-3, atol=1e-6)
        text.append(8)
        np.testing.assert_allclose(
            following([text]), windows([text[-how.length // 2 :]]), rtol=1e-3, atol=1e-6
        )
    assert all(layer.decoding is None for layer in net.net.ordered_layers())


def test_net_whose_steps_differ_runs_over_windows() -> None:
    """A net that sees later places: its steps can't agree with its passes."""
    net = letters(ALTERNATING)
    how = continuation(net)
    assert how is not None
    with next_tokens(net, how) as following:
        assert isinstance(following, SteppedPasses), "each place depends on its own token alone"
    text = (
        'layer { name: "in" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 } } }'
        'layer { name: "embed" type: "Embed" bottom: "data" top: "embed" '
        "embed_param { input_dim: 4 num_output: 4 bias_term: false } }"
        'layer { name: "attention" type: "Attention" bottom: "embed" top: "mixed" '
        "attention_param { project: false } }"
        'layer { name: "prob" type: "Softmax" bottom: "mixed" top: "prob" softmax_param { axis: 2 } }'
    )
    both = ZooNet(Net(parse_net(text)))
    both.net.params["embed"][0].data.copy_(torch.tensor(ALTERNATING))
    both.inputs = net.inputs
    with next_tokens(both, how) as following:
        assert isinstance(following, WindowedPasses)
