"""Labels that a GPU found to be out of range."""

from __future__ import annotations

import pytest
import torch

from layerzoo.engine.labels import check_labels
from layerzoo.errors import DataError
from layerzoo.loader import parse_net
from layerzoo.net import Feed, Net

NET = """
layer { name: "in" type: "Input" top: "x" top: "t" input_param { shape { dim: 2 dim: 3 } shape { dim: 2 } } }
layer { name: "score" type: "SoftmaxWithLoss" bottom: "x" bottom: "t" top: "loss" }
"""


def test_check_labels_names_layer_value_and_range(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(parse_net(NET), phase="TRAIN")
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)  # as on a GPU: nothing is looked at
    net.run(Feed({0: torch.zeros(2, 3), 1: torch.tensor([0.0, 2.0])}), net.outputs_only)
    check_labels(net)
    net.run(Feed({0: torch.zeros(2, 3), 1: torch.tensor([0.0, 3.0])}), net.outputs_only)
    with pytest.raises(DataError, match="layer 'score': label 3 is out of range; 0 to 2 exist"):
        check_labels(net)
