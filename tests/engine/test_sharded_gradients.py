"""The gradients of a sharded net; `test_sharding` compares them with those of one process."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from layerzoo.engine.sharded_gradients import ShardedGradients
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.ranks import Ranks

NET = """
layer { name: "in" type: "Input" top: "x" top: "t"
        input_param { shape { dim: 4 dim: 2 } shape { dim: 4 dim: 3 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 3 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "a" bottom: "t" top: "loss" }
"""


class _Shards:
    """The parts of a process that trains alone: all rows."""

    def __init__(self, net: Net) -> None:
        self.net, self.ranks = net, Ranks()
        self.params = [nn.Parameter(param.detach()) for param in net.learnable]
        self.others: list[nn.Parameter] = []
        self.frozen = False

    @property
    def pairs(self) -> Any:
        whole = [SimpleNamespace(grad=None) for _ in self.params]
        self.whole = getattr(self, "whole", whole)
        return zip(self.params, self.whole, strict=True)

    def freeze(self) -> None:
        self.frozen = True


def test_sharded_gradients_are_the_parts_that_torch_has_averaged() -> None:
    shards = _Shards(Net(parse_net(NET), phase="TRAIN"))
    shards.params[1].requires_grad_(False)
    sync = ShardedGradients(shards)  # type: ignore[arg-type]  # like Shards
    assert shards.frozen
    assert sync.params == [shards.params[0]]
    assert sync.held == shards.params
    sync.zero()
    assert sync.gradients() == []
    part = torch.ones(3, 2)
    shards.whole[0].grad = SimpleNamespace(to_local=lambda: part)
    sync.finish(torch.zeros(()))
    assert shards.params[0].grad is part
    assert shards.params[1].grad is None
    sync.zero()
    assert shards.whole[0].grad is None


def test_sharded_gradients_of_params_without_rows_are_zeros_at_first() -> None:
    shards = _Shards(Net(parse_net(NET), phase="TRAIN"))
    shards.others = [nn.Parameter(torch.tensor(2.0)), nn.Parameter(torch.tensor(2.0), requires_grad=False)]
    sync = ShardedGradients(shards)  # type: ignore[arg-type]  # like Shards
    sync.zero()
    assert shards.others[0].grad is not None, "all processes average it, whatever reaches it in one"
    assert shards.others[0].grad.item() == 0
    assert shards.others[1].grad is None
