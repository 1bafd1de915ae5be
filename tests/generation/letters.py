"""Nets that know which letter follows which."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import LayerParameter
from layerzoo.zoo import ZooNet

_NET = """
layer {{ name: "in" type: "Input" top: "data" input_param {{ shape {{ dim: 1 dim: 3 }} }} }}
layer {{ name: "embed" type: "Embed" bottom: "data" top: "embed"
  embed_param {{ input_dim: {count} num_output: {count} bias_term: false }} }}
layer {{ name: "prob" type: "Softmax" bottom: "embed" top: "prob" softmax_param {{ axis: 2 }} }}
"""


def letters(scores: Sequence[Sequence[float]], tokens: str = "ab", time_first: bool = False) -> ZooNet:
    """A net over windows of 3 tokens.

    Args:
        scores: the logits of all tokens after each token; the first two are padding and unknown tokens.
        tokens: the letters.
        time_first: the axis of tokens comes first.
    """
    text = _NET.format(count=len(tokens) + 2)
    net = ZooNet(Net(parse_net(text.replace("dim: 1 dim: 3", "dim: 3 dim: 1") if time_first else text)))
    net.net.params["embed"][0].data.copy_(torch.tensor(scores))
    net.inputs = LayerParameter(name="data", type="TextData", top=["data", "label"])
    net.inputs.text_data_param.length = 3
    net.inputs.text_data_param.time_first = time_first
    net.inputs.text_data_param.vocabulary_param.token.extend(["<pad>", "<unknown>", *tokens])
    return net


ALTERNATING = [[0.0] * 4, [0.0] * 4, [0.0, 0, 0, 9], [0.0, 0, 9, 0]]
"""b after a, a after b."""
