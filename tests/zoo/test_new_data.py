"""Nets applied to new rows, texts and other samples that aren't images."""

from __future__ import annotations

import pytest
import torch

from layerzoo.data.new_samples import NewSource
from layerzoo.errors import ZooError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import LayerParameter, TextDataParameter
from layerzoo.zoo import Guess, ZooNet
from layerzoo.zoo.new_data import classify_new, continuation, reads_new

ROWS = """
layer { name: "in" type: "Input" top: "numbers" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "cats" type: "Input" top: "categories" input_param { shape { dim: 1 dim: 1 } } }
layer { name: "all" type: "Concat" bottom: "numbers" bottom: "categories" top: "all" }
layer { name: "ip" type: "InnerProduct" bottom: "all" top: "ip" inner_product_param { num_output: 2 } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""
FITTED = """
layer { name: "data" type: "CSVData" top: "numbers" top: "categories" top: "label" phase: TEST
  csv_data_param { header: true
    column { name: "a" type: NUMBER mean: 0 std: 1 } column { name: "b" type: NUMBER mean: 0 std: 1 }
    column { name: "c" type: CATEGORY category: "u" category: "v" } } }
"""
LETTERS = """
layer { name: "in" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "embed" type: "Embed" bottom: "data" top: "embed"
  embed_param { input_dim: 4 num_output: 4 bias_term: false } }
layer { name: "prob" type: "Softmax" bottom: "embed" top: "prob" softmax_param { axis: 2 } }
"""


def fitted(text: str) -> LayerParameter:
    return parse_net(text, format="prototxt").message.layer[0]


@pytest.fixture
def rows() -> ZooNet:
    """A net whose first class is likely where a + c is larger than b."""
    net = ZooNet(Net(parse_net(ROWS, format="prototxt")), ["more", "less"])
    weight, bias = net.net.params["ip"]
    weight.data.copy_(torch.tensor([[5.0, -5, 5], [0, 0, 0]]))
    bias.data.zero_()
    net.inputs = fitted(FITTED)
    return net


@pytest.fixture
def letters() -> ZooNet:
    """A net that expects b after a, and a after b."""
    net = ZooNet(Net(parse_net(LETTERS, format="prototxt")))
    weight = net.net.params["embed"][0]
    weight.data.copy_(torch.tensor([[0.0] * 4, [0] * 4, [0, 0, 0, 9], [0, 0, 9, 0]]))
    net.inputs = LayerParameter(name="data", type="TextData", top=["data", "label"])
    net.inputs.text_data_param.length = 3
    net.inputs.text_data_param.vocabulary_param.token.extend(["<pad>", "<unknown>", "a", "b"])
    return net


def test_rows_are_classified_in_batches(rows: ZooNet) -> None:
    source = NewSource("new.csv", None, b"c,b,a\nu,1,0\nv,1,1\nw,2,1\n")
    found = classify_new(rows, source, top=1, batch_size=2)
    assert ["'w' is none of the 2 categories" in note for note in found.notes] == [True]
    guesses = list(found.guesses)
    assert [name for name, _ in guesses] == ["new.csv:2", "new.csv:3", "new.csv:4"]
    assert [one[0].label for _, one in guesses] == ["less", "more", "more"]
    assert guesses[0][1][0] == Guess("less", 1, pytest.approx(1 / (1 + 2.718281828**-5), abs=1e-5))


def test_kind_of_source_is_told_by_its_name(rows: ZooNet) -> None:
    assert reads_new(rows, NewSource.of("a.csv"))
    assert not reads_new(rows, NewSource.of("a.png"))
    rows.inputs = None
    assert not reads_new(rows, NewSource.of("a.csv"))
    with pytest.raises(ZooError, match=r"takes images; a\.csv is none"):
        classify_new(rows, NewSource.of("a.csv"))


def test_input_that_the_layer_does_not_give_is_named(rows: ZooNet) -> None:
    assert rows.inputs is not None
    rows.inputs.top[1] = "others"
    with pytest.raises(ZooError, match="takes the input 'categories', which its data layer 'data' doesn't"):
        classify_new(rows, NewSource("new.csv", None, b"c,b,a\nu,1,0\nu,2,2\n"))


def test_net_that_predicts_tokens_continues_texts(letters: ZooNet, rows: ZooNet) -> None:
    assert continuation(letters) is not None
    assert continuation(rows) is None
    assert letters.inputs is not None
    letters.inputs.text_data_param.task = TextDataParameter.LABELLED_LINES
    assert continuation(letters) is None
