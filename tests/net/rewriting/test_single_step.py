"""A training pass as one compiled operation; and what runs where that can't be done."""

from __future__ import annotations

import copy
import logging
import shutil
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from layerzoo.loader import parse_net
from layerzoo.net import Net, Plan
from layerzoo.net.rewriting.single_step import single_step
from layerzoo.net.rewriting.training import training_plan

TEXT = """
layer { name: "data" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 4 dim: 3 dim: 6 dim: 6 } shape { dim: 4 } data_filler { type: "gaussian" }
  data_filler { type: "constant" value: 1 } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 5 kernel_size: 3
  weight_filler { type: "msra" } } }
layer { name: "b" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
layer { name: "d" type: "Dropout" bottom: "c" top: "c" }
layer { name: "i" type: "InnerProduct" bottom: "c" top: "i"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "i" bottom: "t" top: "l" }
"""
WRITING = (
    'layer { name: "o" type: "HDF5Output" bottom: "i" bottom: "t" hdf5_output_param { file_name: "a" } }'
)


def net(compiled: bool = False, text: str = TEXT) -> Net:
    made = Net(parse_net(text), phase="TRAIN", seed=2)
    plain = Plan(made.graph, made.ordered_layers(), made.outputs_only.kept)
    plan = training_plan(plain)
    if compiled:
        plan = single_step(made.graph, made.clock, plain, plan)
    made.outputs_only = plan
    return made


def passes(n: Net, count: int) -> list[Tensor]:
    """Losses and last gradients of passes, and the statistics after them."""
    found = []
    for number in range(count):
        for param in n.learnable:
            param.grad = None
        loss = n.loss(n.run(n.fetch(number), n.outputs_only))
        loss.backward()  # type: ignore[no-untyped-call]
        found.append(loss.detach())
    found += [param.grad for param in n.learnable if param.grad is not None]
    return found + [blob.detach() for blob in n.layer("b").parameters()]


def assert_same(one: list[Tensor], other: list[Tensor]) -> None:
    assert len(one) == len(other) > 6
    for a, b in zip(one, other, strict=True):
        assert torch.allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch.compile traces the pass, and runs its operations eagerly: it needs no C++ compiler."""
    torch._dynamo.reset()
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))


@pytest.mark.usefixtures("traced")
def test_compiled_pass_gives_the_same(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="layerzoo"):
        assert_same(passes(net(compiled=True), 4), passes(net(), 4))
    said = [record.message.partition(" in ")[0] for record in caplog.records]
    assert said[1] == "Compiled net ''"
    assert len(said) == 2


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch's compiler warns of itself
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
def test_pass_compiled_to_machine_code_gives_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    torch._dynamo.reset()
    with caplog.at_level(logging.INFO, logger="layerzoo"):
        assert_same(passes(net(compiled=True), 3), passes(net(), 3))
    assert any("Compiled net" in record.message for record in caplog.records), caplog.text
    assert any(tmp_path.rglob("*.so")), "the code is kept"


@pytest.mark.usefixtures("traced")
def test_pass_without_gradients_and_copy_run_as_they_should() -> None:
    n = net(compiled=True)
    passes(n, 1)
    with torch.no_grad():
        assert len(n.outputs_only.ready().steps) > 1
    assert len(n.outputs_only.ready().steps) == 1
    assert_same(passes(copy.deepcopy(n), 2), passes(n, 2))


def test_pass_that_cannot_be_compiled_runs_eagerly(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(function: Callable[..., Any], **_: Any) -> Callable[..., Any]:
        def call(*_: Tensor) -> None:
            raise RuntimeError("no compiler\nmore")

        return call

    monkeypatch.setattr(torch, "compile", fails)
    assert_same(passes(net(compiled=True), 2), passes(net(), 2))
    warned = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert warned == [
        "engine: COMPILE: torch could not compile the net, which runs layer by layer: no compiler"
    ]


def test_layers_outside_torch_are_named(caplog: pytest.LogCaptureFixture) -> None:
    assert len(net(True, TEXT + WRITING).outputs_only.steps) > 1
    said = [record.message for record in caplog.records if "engine" in record.message]
    assert said == ["engine: COMPILE: layer 'o' runs code outside torch; the net runs layer by layer"]


@pytest.mark.usefixtures("traced")
def test_layer_that_would_compute_something_else_keeps_a_net_from_being_compiled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    choice = """layer { name: "sum" type: "Reduction" bottom: "c" top: "sum" }
layer { name: "if" type: "If" bottom: "sum" bottom: "c" top: "e" subnet_param { body {
  layer { name: "x" type: "Input" top: "x" }
  layer { name: "%s" type: "%s" bottom: "x" top: "y" } } } }
layer { name: "i" type: "InnerProduct" bottom: "e\""""
    plain = 'layer { name: "i" type: "InnerProduct" bottom: "c"'
    made = net(compiled=True, text=TEXT.replace(plain, choice % ("norm", "BatchNorm")))
    with caplog.at_level(logging.WARNING, "layerzoo"):
        passes(made, 1)
    reason = "layer 'if' (If) reads values, and layer 'if/then/norm' keeps statistics of the runs"
    assert caplog.messages == [
        f"engine: COMPILE: torch could not compile the net, which runs layer by layer: {reason}"
    ]
    text = TEXT.replace(plain, choice % ("act", "TanH"))
    caplog.clear()
    assert_same(passes(net(compiled=True, text=text), 3), passes(net(text=text), 3))
    assert [one for one in caplog.records if one.name == "layerzoo" and one.levelno >= logging.WARNING] == []
