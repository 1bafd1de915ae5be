"""Recorded cases: forward values, gradients and updated params agree with Caffe and its forks."""

from __future__ import annotations

import pytest
import torch

from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.net import Feed, Net
from tests.conformance import CAFFES, NAMES, Recording, differences
from tests.gpu import full_precision, on_a_gpu


def test_all_recorded_cases_exist() -> None:
    assert len(CAFFES) == 123


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Recording:
    return Recording(request.param)


@pytest.mark.parametrize("case", NAMES, indirect=True)
def test_whole_net_agrees(case: Recording) -> None:
    assert_agrees(case)


@on_a_gpu
@pytest.mark.parametrize("case", NAMES, indirect=True)
def test_whole_net_agrees_on_a_gpu(case: Recording) -> None:
    with full_precision():
        assert_agrees(case, "cuda")


def assert_agrees(case: Recording, device: str = "cpu") -> None:
    net = _net_of(case, device)
    inputs = {name: blob.to(device).requires_grad_() for name, blob in case.all("in").items()}
    net(**inputs)

    assert differences(dict(net.blobs), case.all("out")) == []
    assert differences(_params(net), _keyed(case, "param_after")) == []

    driven = [(net.blobs[name], diff.to(device)) for name, diff in case.all("out_diff").items()]
    loss = net.loss()
    driven.append((loss, torch.ones_like(loss)))
    # as in Caffe, some tops pass no gradient: the last hidden state exposed by a recurrent layer
    driven = [(blob, diff) for blob, diff in driven if blob.requires_grad]
    if driven:
        torch.autograd.backward(*map(list, zip(*driven, strict=True)))
    assert differences({name: _grad(blob) for name, blob in inputs.items()}, case.all("in_diff")) == []
    grads = {name: _grad(param) for name, param in _params(net).items()}
    assert differences(grads, _keyed(case, "param_diff")) == []


@pytest.mark.parametrize("case", NAMES, indirect=True)
def test_layerwise_agrees(case: Recording) -> None:
    net = _net_of(case)
    inputs = case.all("in")
    runner = Layerwise(net)
    runner.forward(Feed({blob.index: inputs[blob.name] for blob in net.graph.inputs}))
    last = net.graph.last
    blobs = {name: runner.data[blob.index] for name, blob in last.items()}
    assert differences(blobs, case.all("out")) == []
    assert differences(_params(net), _keyed(case, "param_after")) == []

    for name, diff in case.all("out_diff").items():
        runner.diff[last[name].index] = diff
    runner.backward()
    made = {blob.name: runner.diff[blob.index] for blob in net.graph.inputs}
    zeros = {name: torch.zeros_like(blob) for name, blob in inputs.items()}
    grads = {name: zeros[name] if diff is None else diff for name, diff in made.items()}
    assert differences(grads, case.all("in_diff")) == []
    grads = {name: _grad(param) for name, param in _params(net).items()}
    assert differences(grads, _keyed(case, "param_diff")) == []


def _net_of(case: Recording, device: str = "cpu") -> Net:
    net = Net(case.net, phase=case.phase, device=device)
    for layer, index, value in case.params("param"):
        net.params[layer][index].data.copy_(value)
    return net


def _params(net: Net) -> dict[str, torch.Tensor]:
    return {f"{layer}/{i}": blob for layer, blobs in net.params.items() for i, blob in enumerate(blobs)}


def _keyed(case: Recording, kind: str) -> dict[str, torch.Tensor]:
    return {f"{layer}/{index}": value for layer, index, value in case.params(kind)}


def _grad(blob: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(blob) if blob.grad is None else blob.grad
