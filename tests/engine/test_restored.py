"""Passes that leave statistics, buffers and torch's random numbers as they were."""

from __future__ import annotations

import torch

from layerzoo.engine.restored import restored
from layerzoo.loader import parse_net
from layerzoo.net import Net

NET = """
layer { name: "d" type: "DummyData" top: "x" dummy_data_param {
        shape { dim: 4 dim: 3 } data_filler { type: "gaussian" } } }
layer { name: "n" type: "BatchNorm" bottom: "x" top: "n" }
"""


def test_restored_leaves_statistics_and_random_numbers_as_they_were() -> None:
    net = Net(parse_net(NET), phase="TRAIN", seed=2)
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    with restored(net):
        net.run(net.fetch(0), net.outputs_only)
        torch.rand(5)
        assert any(blob.any() for blob in net.params["n"])
    assert not any(blob.any() for blob in net.params["n"])
    assert torch.equal(torch.rand(1), expected)
