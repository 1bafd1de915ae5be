"""Training on a few batches only."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.loader import load_solver, parse_solver
from layerzoo.solver import Solver
from layerzoo.solver.trials.overfit import overfit


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_overfit_repeats_the_first_batches() -> None:
    s, plain = (Solver(load_solver("configs/lenet_solver.yaml", ("solver_mode=CPU",))) for _ in range(2))
    overfit(s, 2)

    def labels(of: Solver, batch: int) -> torch.Tensor:
        return of.engine.strategy.fetch_again(batch).blobs[of.net.graph.last["label"].index]

    first, second = labels(plain, 0), labels(plain, 1)
    assert not torch.equal(first, second)
    for batch in range(6):
        assert torch.equal(labels(s, batch), (first, second)[batch % 2])


def test_overfit_learns_a_batch_by_heart() -> None:
    s = Solver(load_solver("configs/mlp_solver.yaml", ("solver_mode=CPU", "display=0", "test_interval=0")))
    overfit(s, 1)
    s.step(150)
    assert s.loss < 0.05


def test_overfit_repeats_batches_of_layers_without_a_source() -> None:
    net = """layer { name: "d" type: "DummyData" top: "x" dummy_data_param {
               shape { dim: 2 } data_filler { type: "gaussian" } } }
    layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
            inner_product_param { num_output: 1 axis: 0 } }
    layer { name: "l" type: "Reduction" bottom: "a" top: "l" loss_weight: 1 }"""
    s = Solver(parse_solver(f'base_lr: 1 lr_policy: "fixed" solver_mode: CPU net_param {{ {net} }}'))
    overfit(s, 1)
    first, again = (s.engine.strategy.fetch_again(number) for number in (0, 1))
    (index,) = first.blobs
    assert torch.equal(first.blobs[index], again.blobs[index])


def test_overfit_refuses_a_net_without_data() -> None:
    net = """layer { name: "w" type: "Parameter" top: "w" parameter_param { shape { dim: 2 } } }
    layer { name: "l" type: "Reduction" bottom: "w" top: "l" loss_weight: 1 }"""
    s = Solver(parse_solver(f'base_lr: 1 lr_policy: "fixed" solver_mode: CPU net_param {{ {net} }}'))
    with pytest.raises(UsageError, match="the net has no data layer"):
        overfit(s, 1)
