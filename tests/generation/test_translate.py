"""Texts that nets with a decoder answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch

from layerzoo.errors import DataError, ZooError
from layerzoo.generation.translate import Translator
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import LayerParameter
from layerzoo.zoo import ZooNet

_NET = """
layer { name: "given" type: "Input" top: "given" input_param { shape { dim: SHAPE } } }
layer { name: "embed" type: "Embed" bottom: "given" top: "embed"
  embed_param { input_dim: 4 num_output: 4 bias_term: false } }
layer { name: "prob" type: "Softmax" bottom: "embed" top: "prob" softmax_param { axis: 2 } }
"""


def follower(after: Sequence[int], time_first: bool = False) -> ZooNet:
    """A net of the tokens 0 to 3 that says what comes after the token that its decoder reads."""
    shape = "6 dim: 1" if time_first else "1 dim: 6"
    net = ZooNet(Net(parse_net(_NET.replace("SHAPE", shape))))
    net.net.params["embed"][0].data.copy_(torch.eye(4)[list(after)])
    net.inputs = LayerParameter(name="data", type="DrawnData", top=["source", "given", "target", "steps"])
    settings = net.inputs.drawn_data_param
    settings.task, settings.length, settings.symbols, settings.time_first = "reverse", 5, 3, time_first
    return net


@pytest.mark.parametrize("time_first", [False, True])
def test_answer_is_read_token_by_token(time_first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    net = follower([3, 2, 0, 1], time_first)
    given: list[list[float]] = []
    run = net.output

    def output(prepared: Mapping[str, torch.Tensor], name: str) -> torch.Tensor:
        given.append(prepared["given"].flatten().tolist())
        return run(prepared, name)

    monkeypatch.setattr(net, "output", output)
    assert Translator(net)("2 2") == "3 1 2"
    assert given[0] == [0] * 6
    assert given[-1] == [0, 3, 1, 2, 0, 0]
    assert len(given) == 5  # one place more is right after each pass; the last one changes nothing
    assert Translator(net)("2", 2) == "3 1"


def test_answer_without_an_end_has_the_length_of_training() -> None:
    assert Translator(follower([1, 1, 1, 1]))("3") == "1 1 1 1 1"
    assert Translator(follower([1, 2, 3, 1]))("3") == "1 2 3 1 2"


def test_answer_may_be_empty() -> None:
    assert Translator(follower([0, 1, 1, 1]))("3") == ""


def test_text_has_to_be_a_source_of_the_task() -> None:
    with pytest.raises(DataError, match="'4': expected 1 to 5 numbers from 1 to 3 with spaces between them"):
        Translator(follower([0, 1, 1, 1]))("4")


def test_net_without_answers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    net = follower([0, 1, 1, 1])
    assert net.inputs is not None
    wrong: Any = torch.zeros(1, 4, 6)
    monkeypatch.setattr(net, "output", lambda prepared, name: wrong)
    with pytest.raises(ZooError, match=r"'prob' has shape \(1, 4, 6\); expected the scores of the tokens"):
        Translator(net)("1")
    net.inputs.drawn_data_param.Clear()
    net.inputs.drawn_data_param.task = "copy"
    with pytest.raises(ZooError, match="doesn't answer a text with another one"):
        Translator(net)
