"""Gradients of several processes against those of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from layerzoo.engine.gradient_sync import (
    AllReducedGradients,
    DistributedGradients,
    LocalGradients,
    TrainingPass,
    gradient_sync,
)
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.ranks import Ranks
from tests.processes import ROOT, finish, run_processes, start_processes

CHECKS = [
    "whole_net",
    "sub_passes",
    "params_that_do_not_learn",
    "params_under_no_loss",
    "params_reached_in_some_processes_only",
    "params_reached_in_some_iterations_only",
    "losses_divided_by_valid_counts",
    "infogain_and_sigmoid_losses_divided_by_valid_counts",
    "layer_by_layer",
    "partial_passes",
    "two_backward_passes_after_one_forward",
    "gradient_penalty",
    "warm_up_leaves_state_alone",
    "addresses_stay",
    "exact_after_a_restart",
]

NET = """
layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 4 dim: 3 } shape { dim: 4 } data_filler { type: "gaussian" }
  data_filler { type: "constant" value: 1 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 2 weight_filler { type: "gaussian" } } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "a" bottom: "t" top: "l" }
"""
WRITING = """
layer { name: "out" type: "HDF5Output" bottom: "a" bottom: "t" hdf5_output_param { file_name: "a.h5" } }
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The problems that three processes found in each check."""
    folder = tmp_path_factory.mktemp("three")
    script = ROOT / "tests" / "engine" / "gradient_sync_checks.py"
    found = run_processes([str(script)], folder, count=3)
    assert [code for code, _, _ in found] == [0, 0, 0], found
    loaded: dict[str, list[str]] = json.loads((folder / "results.json").read_text())
    return loaded


def test_all_checks_are_named(results: dict[str, list[str]]) -> None:
    assert list(results) == CHECKS


@pytest.mark.parametrize("name", CHECKS)
def test_gradients_of_three_processes(results: dict[str, list[str]], name: str) -> None:
    assert results[name] == []


def test_peer_lost_in_the_backward_pass(tmp_path: Path) -> None:
    text = f"""
import os, sys
from layerzoo.engine.gradient_sync import DistributedGradients
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.ranks import PeerLostError, Ranks
ranks = Ranks.from_environment()
sync = DistributedGradients(Net(parse_net('''{NET}'''), phase="TRAIN"), ranks)
try:
    for batch in range(3):
        sync.zero()
        loss, _ = sync.forward(sync.net.fetch(batch))
        if ranks.rank == 1 and batch == 2:
            os._exit(3)
        sync.backward(loss)
        sync.finish(loss.detach())
except PeerLostError as error:
    print(error, file=sys.stderr, flush=True)
    os._exit(1)  # gloo sometimes aborts while Python tears down a broken connection
"""
    (code, _, err), (ended, _, _) = finish(start_processes(["-c", text], tmp_path))
    assert (code, ended) == (1, 3)
    assert "another of the processes has ended" in err


def _net(text: str = NET) -> Net:
    return Net(parse_net(text), phase="TRAIN", seed=2)


def _several() -> Ranks:
    ranks = Ranks()
    ranks.count = 2
    return ranks


def test_gradient_sync_is_chosen_by_what_a_pass_does() -> None:
    assert type(gradient_sync(_net(), Ranks())) is LocalGradients
    assert type(gradient_sync(_net(), _several())) is DistributedGradients
    assert type(gradient_sync(_net(), _several(), overlapped=False)) is AllReducedGradients
    assert type(gradient_sync(_net(NET + WRITING), _several())) is AllReducedGradients


def test_local_gradients_keep_their_addresses_and_add_up() -> None:
    sync = LocalGradients(_net())
    places = [gradient.data_ptr() for gradient in sync.gradients()]
    feed = sync.net.fetch(0)
    for _ in range(2):
        sync.backward(sync.forward(feed)[0])
    twice = [gradient.clone() for gradient in sync.gradients()]
    sync.zero()
    assert not any(gradient.any() for gradient in sync.gradients())
    sync.backward(sync.forward(feed)[0], torch.tensor(2.0))
    assert all(torch.allclose(a, b) for a, b in zip(sync.gradients(), twice, strict=True))
    assert [param.grad.data_ptr() for param in sync.params if param.grad is not None] == places


def test_joint_passes_alone_divide_by_common_counts() -> None:
    net = _net()
    local, several = LocalGradients(net), AllReducedGradients(net, _several())
    with local.joint():
        assert net.clock.shared_count is None
    with several.joint():
        assert net.clock.shared_count is not None
    assert net.clock.shared_count is None


def test_training_pass_has_no_buffers_to_broadcast() -> None:
    net = _net(NET + 'layer { name: "n" type: "BatchNorm" bottom: "a" top: "n" }')
    module = TrainingPass(net, net.learnable[:2])
    assert list(module.parameters()) == net.learnable[:2]
    assert not list(module.buffers())
    loss, values = module(net.fetch(0))
    assert loss.requires_grad
    assert all(values[blob.index] is not None for blob in net.graph.outputs)
