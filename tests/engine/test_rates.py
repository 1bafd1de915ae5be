"""The rates of a device, and the work of layers."""

from __future__ import annotations

import pytest
import torch

from layerzoo.engine import rates
from layerzoo.engine.rates import Rates, Work, backward_work, forward_work, measure_rates
from layerzoo.graph import Graph, GraphLayer
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import NetState, Phase

NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } } }
layer { name: "t" type: "Input" top: "t" input_param { shape { dim: 2 dim: 4 } } }
layer { name: "conv1" type: "Convolution" bottom: "x" top: "conv1"
        convolution_param { num_output: 5 kernel_size: 3 } }
layer { name: "relu" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "conv2" type: "Convolution" bottom: "conv1" top: "conv2"
        convolution_param { num_output: 7 kernel_size: 6 bias_term: false } }
layer { name: "ip" type: "InnerProduct" bottom: "conv2" top: "ip" param { lr_mult: 0 } param { lr_mult: 0 }
        inner_product_param { num_output: 4 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "t" top: "loss" }
"""


def _layers() -> tuple[Graph, dict[str, GraphLayer]]:
    graph = graph_of(parse_net(NET), NetState(phase=Phase.TRAIN))
    return graph, {layer.name: layer for layer in graph.layers}


def test_forward_work_counts_two_operations_a_multiply_add_and_each_blob_once() -> None:
    graph, layers = _layers()
    # 2 x 5 x 6 x 6 tops of 3 x 3 x 3 multiply-adds; bottom 384, top 360, params 135 + 5
    assert forward_work(graph, layers["conv1"]) == Work(2 * 360 * 27, 4 * (384 + 360 + 140))
    assert forward_work(graph, layers["relu"]) == Work(0, 4 * (360 + 360))
    assert forward_work(graph, layers["ip"]) == Work(2 * 14 * 4, 4 * (14 + 8 + 32))
    assert forward_work(graph, layers["x"]) == Work(0, 0)


def test_backward_work_counts_the_gradients_that_are_computed() -> None:
    graph, layers = _layers()
    forward = {name: forward_work(graph, layer) for name, layer in layers.items()}
    assert backward_work(graph, layers["conv1"]) == forward["conv1"]  # of the params alone
    products = backward_work(graph, layers["conv2"])
    assert products == Work(2 * forward["conv2"].operations, forward["conv2"].bytes)
    assert backward_work(graph, layers["ip"]) == forward["ip"]  # its params don't learn: of the bottom alone
    assert backward_work(graph, layers["x"]) == Work(0, 0)


def test_shares_are_those_of_the_rates() -> None:
    work, limits = Work(operations=3_000_000, bytes=80_000), Rates(matrix=6e9, memory=4e8)
    assert work.matrix_share(0.001, limits) == pytest.approx(0.5)
    assert work.memory_share(0.001, limits) == pytest.approx(0.2)


def test_rates_are_those_of_the_fastest_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock by which each try takes 4, 2, 3, 5 and 6 ms."""
    ticks = [0.004, 0.002, 0.003, 0.005, 0.006] * 3
    readings = iter([reading for tick in ticks for reading in (10.0, 10.0 + tick)])
    monkeypatch.setattr(rates, "_SIZES", {"cpu": (16, 32)})
    monkeypatch.setattr(rates, "_COPIED", {"cpu": 1000})
    monkeypatch.setattr(rates.time, "perf_counter", lambda: next(readings))
    found = measure_rates(torch.device("cpu"))
    assert found.matrix == pytest.approx(2 * 32**3 / 0.002)  # the larger product has more in the same time
    assert found.memory == pytest.approx(2 * 4 * 1000 / 0.002)


def test_rates_of_this_machine_are_positive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_SIZES", {"cpu": (64,)})
    monkeypatch.setattr(rates, "_COPIED", {"cpu": 1 << 16})
    assert all(rate > 1e6 for rate in measure_rates(torch.device("cpu")))
