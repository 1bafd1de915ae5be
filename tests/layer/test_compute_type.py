"""The type in which a layer computes."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from layerzoo.layer import ComputeType, compute_in, compute_type
from layerzoo.loader import parse_net
from layerzoo.net import Net

TEXT = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "i" type: "InnerProduct" bottom: "x" top: "i" inner_product_param { num_output: 2
  weight_filler { type: "constant" value: 0.1 } } }
"""


def test_compute_in_rounds_operands_and_keeps_params() -> None:
    layer = Net(parse_net(TEXT)).layer("i").requires_grad_(False)
    x = torch.ones(2, 3)
    assert compute_type(layer) is None
    compute_in(layer, torch.bfloat16)
    assert compute_type(layer) == ComputeType(torch.bfloat16)
    assert layer(x).dtype == torch.bfloat16
    assert layer.weight.dtype == torch.float32
    assert float(layer(x)[0, 0]) == 0.30078125, "the bfloat16 next to 3 x 0.1"
    compute_in(layer, torch.float32)
    assert layer(x.bfloat16()).dtype == torch.float32


def test_copies_compute_with_their_own_params() -> None:
    layer = Net(parse_net(TEXT)).layer("i")
    compute_in(layer, torch.bfloat16)
    copied = copy.deepcopy(layer)
    with torch.no_grad():
        copied.weight.zero_()
    assert float(copied(torch.ones(2, 3)).detach().abs().max()) == 0
    assert compute_type(copied) == compute_type(layer)


def test_around_runs_a_function_in_the_type() -> None:
    def product(a: Tensor, b: Tensor) -> Tensor:
        return a @ b

    a, b = torch.ones(2, 2), torch.ones(2, 2)
    assert ComputeType(torch.bfloat16).around(product)(a, b).dtype == torch.bfloat16
    assert ComputeType(torch.float32).around(product)(a.bfloat16(), b.bfloat16()).dtype == torch.float32
