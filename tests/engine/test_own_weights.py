"""Weights and history of each process: what is saved and restored. `test_gradient_sync` averages them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from layerzoo.engine.own_weights import OwnWeights
from layerzoo.errors import SnapshotError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.optimizer import make_rule
from layerzoo.ranks import Ranks
from layerzoo.schema import SolverParameter
from layerzoo.solver.make_engine import update_params

NET = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 2 bias_term: false } }
layer { name: "n" type: "BatchNorm" bottom: "a" top: "n" }
layer { name: "l" type: "Reduction" bottom: "n" top: "l" loss_weight: 1 }
"""


class _Two(Ranks):
    """One of two processes; the other has the params 10 larger."""

    def __init__(self, rank: int = 0) -> None:
        super().__init__()
        self.rank, self.count = rank, 2

    def average(self, tensors: Any) -> None:
        for tensor in tensors:
            tensor.add_(5)

    def gather(self, value: Any) -> list[Any]:
        params, _ = value
        other = [tensor + 10 for tensor in params], [torch.ones(2, 3)]
        return [value, other]


def _own(ranks: Ranks) -> tuple[OwnWeights, Net, list[torch.Tensor]]:
    net = Net(parse_net(NET), phase="TRAIN", seed=1)
    with torch.no_grad():
        net.learnable[0].copy_(torch.arange(6.0).view(2, 3))
    rule = make_rule(SolverParameter(base_lr=0.1, lr_policy="fixed", momentum=0.9), update_params(net), 1, [])
    return OwnWeights(net, rule, ranks), net, rule.history


def test_state_has_the_weights_of_each_process_inside_the_block_of_the_average() -> None:
    own, net, _ = _own(_Two())
    assert set(own.state_dict()) == {
        "processes",
        "alike",
        "rank1.history.0",
    }  # weights that are alike aren't kept
    own.alike = False
    with own.averaged():
        assert net.learnable[0].flatten().tolist() == [5, 6, 7, 8, 9, 10]
        state = own.state_dict()
    assert net.learnable[0].flatten().tolist() == [0, 1, 2, 3, 4, 5]
    assert state["rank0.param.0"].flatten().tolist() == [0, 1, 2, 3, 4, 5]
    assert state["rank1.param.0"].flatten().tolist() == [10, 11, 12, 13, 14, 15]
    assert "rank0.param.1" not in state  # the statistics of BatchNorm don't learn
    assert (state["processes"], state["alike"]) == (2, False)


def test_each_process_restores_its_own(caplog: pytest.LogCaptureFixture) -> None:
    saved = {
        "processes": 2,
        "alike": False,
        "rank0.param.0": torch.zeros(2, 3),
        "rank1.param.0": torch.full((2, 3), 4.0),
    }
    own, net, history = _own(_Two(1))
    saved |= {f"rank1.history.{n}": torch.full_like(blob, 3.0) for n, blob in enumerate(history)}
    own.load_state_dict(saved)
    assert net.learnable[0].unique().tolist() == [4]
    assert history[0].unique().tolist() == [3]
    assert not own.alike
    own.load_state_dict(saved | {"processes": 3})
    assert own.alike
    assert "weights and history of 3 processes, this run has 2" in caplog.text
    with pytest.raises(SnapshotError, match="another net"):
        own.load_state_dict(saved | {"rank1.param.0": torch.zeros(6)})
    with pytest.raises(SnapshotError, match=r"lacks tensors rank1\.param\.0"):
        own.load_state_dict({name: value for name, value in saved.items() if ".param" not in name})


def test_weights_that_are_alike_stay_as_they_are() -> None:
    own, net, _ = _own(_Two())
    before = net.learnable[0].clone()
    own.average()
    with own.averaged():
        assert torch.equal(net.learnable[0], before)
    own.alike = False
    own.average()
    assert torch.equal(net.learnable[0], before + 5)
    assert own.alike
