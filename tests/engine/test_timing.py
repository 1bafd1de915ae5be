"""Times of layers, in Caffe's log lines."""

from __future__ import annotations

import logging
import re

import pytest

from layerzoo.engine import rates
from layerzoo.engine.timing import time_net
from layerzoo.loader import parse_net
from layerzoo.net import Net
from tests.engine.small import small_net


def test_time_net_measures_each_layer_in_each_iteration(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A clock that advances by 1 ms at each reading: a layer takes 1 ms, a pass the number of readings."""
    now = iter(range(10_000))
    monkeypatch.setattr(rates.time, "perf_counter", lambda: next(now) / 1000)
    with caplog.at_level(logging.INFO, "layerzoo"):
        times = time_net(small_net(), 2)
    lines = [line for line in caplog.messages if re.search(r"ms\.$", line)]
    looks = 2 * 3 * 2  # before and after each of three layers, forward and backward
    assert [line for line in lines if line.startswith("Iteration")] == [
        f"Iteration: {number} forward-backward time: {looks + 1} ms." for number in (1, 2)
    ]
    layers = [line.split() for line in lines if "\t" in line]
    assert layers == [
        [name, f"{way}:", "1", "ms."] for name in ("d", "ip", "l") for way in ("forward", "backward")
    ]
    assert lines[-4:] == [
        "Average Forward pass: 3 ms.",
        "Average Backward pass: 3 ms.",
        f"Average Forward-Backward: {looks + 2.5:g} ms.",
        f"Total Time: {2 * looks + 5} ms.",
    ]
    assert "Initial loss: 2" in caplog.messages
    assert [(each.layer.name, round(each.forward, 9), round(each.backward, 9)) for each in times] == [
        (name, 0.001, 0.001) for name in ("d", "ip", "l")
    ]


def test_time_net_feeds_inputs_with_zeros(caplog: pytest.LogCaptureFixture) -> None:
    text = 'layer { name: "i" type: "Input" top: "x" input_param { shape { dim: 2 } } }'
    net = Net(parse_net(text + 'layer { name: "r" type: "ReLU" bottom: "x" top: "y" }'))
    with caplog.at_level(logging.INFO, "layerzoo"):
        time_net(net, 1)
    assert "Initial loss: 0" in caplog.messages
