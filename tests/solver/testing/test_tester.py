"""Test nets, which share the training net's params."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import SolverParameter
from layerzoo.solver import Solver
from layerzoo.solver.testing import tester

TEST_ONLY_USER = """
layer { name: "in" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 2 dim: 3 } shape { dim: 2 dim: 2 }
  data_filler { type: "constant" value: 1 } data_filler { type: "constant" value: 0 } } }
layer { name: "first" type: "InnerProduct" bottom: "x" top: "p" param { name: "w" } param { name: "b" }
  inner_product_param { num_output: 2 weight_filler { type: "constant" value: 0.5 } } }
layer { name: "second" type: "InnerProduct" bottom: "x" top: "q" param { name: "w" } param { name: "b" }
  include { phase: TEST } inner_product_param { num_output: 2 weight_filler { type: "constant" value: 7 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "p" bottom: "t" top: "l" }
layer { name: "p_out" type: "Power" bottom: "p" top: "p_out" include { phase: TEST } }
"""
PERMISSIVE = """
layer { name: "in" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 2 dim: 3 dim: 1 dim: 1 } shape { dim: 2 dim: 2 }
  data_filler { type: "constant" value: 1 } data_filler { type: "constant" value: 0 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "p" param { name: "w" } convolution_param {
  num_output: 2 kernel_size: 1 bias_term: false weight_filler { type: "constant" value: 0.5 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "q" param { name: "w" share_mode: PERMISSIVE }
  inner_product_param { num_output: 2 bias_term: false } }
layer { name: "flat" type: "Flatten" bottom: "p" top: "pf" }
layer { name: "l1" type: "EuclideanLoss" bottom: "pf" bottom: "t" top: "l1" }
layer { name: "l2" type: "EuclideanLoss" bottom: "q" bottom: "t" top: "l2" }
"""


def solver(net: str, **fields: object) -> Solver:
    param = SolverParameter(
        lr_policy="fixed",
        max_iter=3,
        test_iter=[1],
        test_interval=3,
        solver_mode=SolverParameter.CPU,
        **fields,
    )
    param.net_param.CopyFrom(parse_net(net).message)
    return Solver(param)


def test_make_tester_shares_the_param_of_a_test_only_layer() -> None:
    made = solver(TEST_ONLY_USER, base_lr=0.1)
    before = made.test()[0].values
    assert before["q"] == before["p_out"] == [1.5] * 4
    made.step(3)
    after = made.test()[0].values
    assert after["p_out"] == pytest.approx([0.324] * 4)  # 1.5 * 0.6^3: each update takes 4 * 0.1 of it
    assert after["q"] == after["p_out"]


def test_make_tester_shares_a_param_in_another_shape() -> None:
    made = solver(PERMISSIVE, base_lr=0.02)
    assert made.test()[0].values == {"l1": [2.25], "l2": [2.25]}
    made.step(3)
    after = made.test()[0].values
    assert after["l1"] == pytest.approx([1.04491], rel=1e-5)
    assert after["l2"] == after["l1"]


def test_averaged_params_reach_all_layers_that_share_them() -> None:
    param = SolverParameter()
    param.ema_param.decay = 0.5
    made = solver(TEST_ONLY_USER, base_lr=0.1, ema_param=param.ema_param)
    made.step(3)
    after = made.test()[0].values
    assert after["q"] == after["p_out"]
    assert after["q"][0] > 0.33, "the mean of 0.9, 0.54 and 0.324, not the last"


DIGITS = """
layer { name: "d" type: "Dataset" top: "x" dataset_param { name: "digits" split: "test" batch_size: 100 } }
"""


def test_tester_goes_on_in_the_data_from_test_to_test() -> None:
    seen: list[int] = []

    def step(net: Net, batch: int) -> list[Tensor]:
        seen.append(batch)
        return [torch.tensor([float(batch)])]

    made = tester.Tester(Net(parse_net(DIGITS)), 2)
    assert [made.run(step).values["x"] for _ in range(3)] == [[0.5], [2.5], [4.5]]
    assert seen == [0, 1, 2, 3, 4, 5]


def test_tester_of_a_whole_set_weighs_a_partial_batch_by_its_size() -> None:
    made = tester.Tester(Net(parse_net(DIGITS)), None)  # 360 samples
    for _ in range(2):
        scores = made.run(lambda net, batch: [torch.tensor([float(batch)])])
        assert scores.values["x"] == pytest.approx([(0 + 1 + 2 + 0.6 * 3) / 3.6])
