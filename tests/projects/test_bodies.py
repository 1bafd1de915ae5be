"""Bodies of existing nets, with a new last layer."""

from __future__ import annotations

import pytest

from layerzoo.errors import UsageError
from layerzoo.loader import load_net, parse_net
from layerzoo.projects.bodies import body_text
from tests.projects.built import built, shape_of


def test_head_is_replaced_and_data_and_scores_are_left_out() -> None:
    text = body_text(load_net("configs/lenet_train_test.yaml").message, 7, "lenet", "Why.", rate=10)
    graph = built(text, {"data": (2, 1, 28, 28)})
    assert shape_of(graph, "score") == (2, 7)
    assert [layer.name for layer in graph.layers] == [
        "data", "conv1", "pool1", "conv2", "pool2", "ip1", "relu1", "score",
    ]  # fmt: skip
    assert "  # Why.\n  - name: score" in text
    assert [spec.lr_mult for spec in graph.layers[-1].param.param] == [10, 10]


def test_first_input_becomes_data() -> None:
    net = """layer { name: "in" type: "Input" top: "pixels" input_param { shape { dim: 1 dim: 4 } } }
    layer { name: "ip" type: "InnerProduct" bottom: "pixels" top: "ip" inner_product_param { num_output: 3 } }
    layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }"""
    graph = built(body_text(parse_net(net).message, 5, "x", ""), {"data": (2, 4)})
    assert shape_of(graph, "score") == (2, 5)


def test_net_without_a_head_is_refused() -> None:
    with pytest.raises(UsageError, match="x: no layer with outputs"):
        body_text(parse_net('layer { name: "r" type: "ReLU" bottom: "a" top: "b" }').message, 5, "x", "")
