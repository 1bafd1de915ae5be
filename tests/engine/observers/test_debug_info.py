"""Caffe's log lines of ``debug_info``, with values computed by hand."""

from __future__ import annotations

import logging

import pytest
import torch

from layerzoo.engine import Engine
from layerzoo.engine.observers.debug_info import DebugInfo
from layerzoo.engine.precision.loss_scale import LossScale
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import LossScaleParameter, SolverParameter

NET = """
layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 2 dim: 2 } data_filler { type: "constant" value: 1 } data_filler { type: "constant" } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "a" param { name: "w" }
        inner_product_param { num_output: 2 weight_filler { value: 0.5 } bias_filler { value: 0.25 } } }
layer { name: "act" type: "ReLU" bottom: "a" top: "a" }
layer { name: "l" type: "EuclideanLoss" bottom: "a" bottom: "t" top: "l" }
"""
# a = 0.5 + 0.5 + 0.25 = 1.25; the loss 4 · 1.25² / (2 · 2); a's gradient 1.25 / 2; each param's 2 · 0.625.
LINES = """\
    [Forward] Layer d, top blob x data: 1
    [Forward] Layer d, top blob t data: 0
    [Forward] Layer ip, top blob a data: 1.25
    [Forward] Layer ip, param blob w data: 0.5
    [Forward] Layer ip, param blob 1 data: 0.25
    [Forward] Layer act, top blob a data: 1.25
    [Forward] Layer l, top blob l data: 1.5625
    [Backward] Layer l, bottom blob a diff: 0.625
    [Backward] Layer act, bottom blob a diff: 0.625
    [Backward] Layer ip, param blob 0 diff: 1.25
    [Backward] Layer ip, param blob 1 diff: 1.25
    [Backward] All net params (data, diff): L1 norm = (2.5, 7.5); L2 norm = (1.06066, 3.06186)
    [Update] Layer ip, param w data: 0.5; diff: 0.125
    [Update] Layer ip, param 1 data: 0.25; diff: 0.125
"""


def engine(text: str = NET, iter_size: int = 1, every: int = 0, scale: LossScale | None = None) -> Engine:
    net = Net(parse_net(text), phase="TRAIN", seed=2)
    solver = SolverParameter(base_lr=1, lr_policy="fixed", momentum=0.5, iter_size=iter_size)
    rule = make_rule(solver, [UpdateParam(p) for p in net.learnable])
    return Engine(net, rule, iter_size, scale, [DebugInfo(net, every, scale)])


def test_debug_info_logs_the_lines_of_caffe(caplog: pytest.LogCaptureFixture) -> None:
    e = engine(every=10)
    with caplog.at_level(logging.INFO, "layerzoo"):
        assert e.train_step(20, 0.1) == 1.5625
    assert caplog.messages == LINES.splitlines()
    assert e.outputs[0] == 1.5625


def test_debug_info_logs_only_at_displays(caplog: pytest.LogCaptureFixture) -> None:
    e = engine(every=10)
    with caplog.at_level(logging.INFO, "layerzoo"):
        e.train_step(21, 0.1)
    assert caplog.messages == []


def test_debug_info_divides_by_the_loss_scale(caplog: pytest.LogCaptureFixture) -> None:
    e = engine(scale=LossScale(LossScaleParameter(initial=8)), every=1)
    with caplog.at_level(logging.INFO, "layerzoo"):
        e.train_step(0, 0.1)
    assert caplog.messages == LINES.splitlines()


DEEP = """
layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 4 dim: 3 } shape { dim: 4 } data_filler { type: "gaussian" } data_filler { value: 1 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "s" } param { lr_mult: 0 }
        inner_product_param { num_output: 3 weight_filler { type: "gaussian" } } }
layer { name: "drop" type: "Dropout" bottom: "a" top: "a" }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" param { name: "s" }
        inner_product_param { num_output: 3 weight_filler { type: "gaussian" } } }
layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "sum" bottom: "t" top: "l" loss_weight: 2 }
layer { name: "quiet" type: "Silence" bottom: "x" }
"""


@pytest.mark.parametrize("iter_size", [1, 2])
def test_debug_info_trains_like_the_whole_net(iter_size: int) -> None:
    plain, said = engine(DEEP, iter_size), engine(DEEP, iter_size, every=2)
    for iteration in range(4):
        expected = plain.train_step(iteration, 0.1)
        assert torch.allclose(said.train_step(iteration, 0.1), expected)
        assert torch.allclose(said.outputs[0], plain.outputs[0])
    for ours, theirs in zip(said.net.learnable, plain.net.learnable, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-5, atol=1e-7)


RECURRENT = """
layer { name: "x" type: "DummyData" top: "x" dummy_data_param {
  shape { dim: 2 dim: 1 dim: 2 } data_filler { type: "constant" value: 1 } } }
layer { name: "r" type: "Recurrent" bottom: "x" top: "y" subnet_param { carry { blob: "h1" input: "h" }
  body { layer { name: "x" type: "Input" top: "x" }
    layer { name: "h" type: "Input" top: "h" input_param { shape { dim: -1 dim: 2 } } }
    layer { name: "ip" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 2
      bias_term: false weight_filler { value: 0.5 } } }
    layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "h" top: "h1" } } } }
layer { name: "l" type: "Reduction" bottom: "y" top: "l" loss_weight: 1 }
"""
# h is 1, then 2; the loss is 2 * 1 + 2 * 2; the first step's h also goes into the second one's
INSIDE = """\
    [Forward] Layer r/0/ip, top blob a data: 1
    [Forward] Layer r/0/sum, top blob h1 data: 1
    [Forward] Layer r/1/ip, top blob a data: 1
    [Forward] Layer r/1/sum, top blob h1 data: 2
    [Forward] Layer r, top blob y data: 1.5
    [Backward] Layer r/1/sum, top blob h1 diff: 1
    [Backward] Layer r/1/ip, top blob a diff: 1
    [Backward] Layer r/0/sum, top blob h1 diff: 2
    [Backward] Layer r/0/ip, top blob a diff: 2
"""


def test_debug_info_steps_into_subnets(caplog: pytest.LogCaptureFixture) -> None:
    e = engine(RECURRENT, every=1)
    with caplog.at_level(logging.INFO, "layerzoo"):
        assert e.train_step(0, 0.1) == 6
    inside = [line for line in caplog.messages if "Layer r/" in line or "Layer r, top" in line]
    assert sorted(inside) == sorted(INSIDE.splitlines())
    assert inside[:5] == INSIDE.splitlines()[:5]
    assert not any(module._forward_hooks for module in e.net.modules())
