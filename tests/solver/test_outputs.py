"""Outputs of a net as numbers and as log lines."""

from __future__ import annotations

import torch

from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.solver.outputs import output_lines, output_values, output_weights

NET = """
layer { name: "in" type: "Input" top: "x" top: "t" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "half" type: "Power" bottom: "x" top: "z" power_param { scale: 0.5 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "x" bottom: "t" top: "l" loss_weight: 2 }
"""


def test_output_values_are_elements_by_name() -> None:
    net = Net(parse_net(NET))
    assert [blob.name for blob in net.graph.outputs] == ["l", "z"]
    assert output_values(net, [torch.tensor(1.5), torch.tensor([[1.0], [2.0]])]) == {
        "l": [1.5],
        "z": [1.0, 2.0],
    }
    assert output_values(net, []) == {}


def test_output_weights_are_those_of_losses() -> None:
    assert output_weights(Net(parse_net(NET))) == {"l": 2.0, "z": 0.0}


def test_output_lines_of_a_matrix_are_cut_short() -> None:
    lines = list(output_lines({"m": [0.0] * 1234, "z": [2.0]}, {}))
    assert len(lines) == 1002
    assert lines[999:] == ["#999: m = 0", "#1000: m has 234 more values", "#1234: z = 2"]


def test_output_lines_number_all_elements() -> None:
    lines = output_lines({"l": [1.5], "z": [1.0, 2.0]}, {"l": 2.0})
    assert list(lines) == ["#0: l = 1.5 (* 2 = 3 loss)", "#1: z = 1", "#2: z = 2"]
