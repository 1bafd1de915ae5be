"""Passes of ``net(...)`` without gradients, which keep the blobs that are asked for."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from tests.net.rewriting.test_deployment import RESIDUAL, plain_outputs, residual


@torch.no_grad()
def test_light_computes_a_blob_that_is_asked_for_and_keeps_it_from_then_on() -> None:
    net, x = residual(), torch.randn(2, 8, 6, 5)
    wanted = plain_outputs(net, {"x": x})
    net(x)
    before = len(net._light.faster.steps)
    for name in ("c1", "sum", "c0", "x"):
        assert torch.allclose(net.blobs[name], wanted[name], atol=1e-4), name
    net(x)
    assert before < len(net._light.faster.steps) < len(net._light.steps)
    assert torch.allclose(net.blobs["c1"], wanted["c1"], atol=1e-4)


@torch.no_grad()
def test_light_refuses_blobs_of_a_pass_before_a_change() -> None:
    net, x = residual(), torch.randn(2, 8, 6, 5)
    net(x)
    net.layer("c1").weight.mul_(2)
    with pytest.raises(UsageError, match="blob 'c1' was not kept, and params or inputs have changed"):
        net.blobs["c1"]
    net(x)
    assert torch.allclose(net.blobs["c1"], plain_outputs(net, {"x": x})["c1"], atol=1e-4)


@torch.no_grad()
def test_light_is_off_where_the_net_says_so() -> None:
    for text, fast in (("", True), ("engine_param { fuse: false }", False)):
        net = Net(parse_net(text + RESIDUAL).message)
        net(torch.zeros(2, 8, 6, 5))
        assert (net._light.faster is not None) is fast


@torch.no_grad()
def test_light_leaves_nets_alone_that_carry_states() -> None:
    net = Net(
        parse_net("""
        layer { name: "x" type: "Input" top: "x" top: "c"
          input_param { shape { dim: 2 dim: 1 dim: 3 } shape { dim: 2 dim: 1 } } }
        layer { name: "l" type: "LSTM" bottom: "x" bottom: "c" top: "l" recurrent_param { num_output: 2
          weight_filler { type: "xavier" } } }
        layer { name: "r" type: "ReLU" bottom: "l" top: "r" }
        """).message
    )
    given = {"x": torch.ones(2, 1, 3), "c": torch.ones(2, 1)}
    net(**given)
    assert [step.layer.name for step in net._light.faster.steps] == ["l", "r"]
    first = net.blobs["l"].clone()
    net(**given)
    assert not torch.equal(net.blobs["l"], first), "the state went on by one pass"


@torch.no_grad()
def test_light_folds_in_nets_with_losses_and_scores() -> None:
    more = """
    layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 2 } } }
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "i" bottom: "y" top: "loss" }
    layer { name: "accuracy" type: "Accuracy" bottom: "i" bottom: "y" top: "accuracy" }
    """
    net = Net(parse_net(RESIDUAL + more).message)
    given = {"x": torch.randn(2, 8, 6, 5), "y": torch.tensor([2.0, 0.0])}
    wanted = plain_outputs(net, given)
    found = net(**given)
    assert torch.allclose(found["loss"], wanted["loss"], atol=1e-4)
    assert len(net._light.faster.steps) < len(net._light.steps)
    assert torch.allclose(net.blobs["i"], wanted["i"], atol=1e-4), "the scores, which `evaluate` reads"
    assert torch.allclose(net.blobs["y"], given["y"])
