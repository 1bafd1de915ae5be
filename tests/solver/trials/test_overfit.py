"""Training on a few batches only."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.loader import load_solver, parse_solver
from layerzoo.solver import Solver
from layerzoo.solver.trials.overfit import Overfit, _contradiction


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_overfit_repeats_the_first_batches() -> None:
    s, plain = (Solver(load_solver("configs/lenet_solver.yaml", ("solver_mode=CPU",))) for _ in range(2))
    Overfit(s, 2)

    def labels(of: Solver, batch: int) -> torch.Tensor:
        return of.engine.strategy.fetch_again(batch).blobs[of.net.graph.last["label"].index]

    first, second = labels(plain, 0), labels(plain, 1)
    assert not torch.equal(first, second)
    for batch in range(6):
        assert torch.equal(labels(s, batch), (first, second)[batch % 2])


def test_overfit_learns_a_batch_by_heart() -> None:
    s = Solver(load_solver("configs/mlp_solver.yaml", ("solver_mode=CPU", "display=0", "test_interval=0")))
    trial = Overfit(s, 1)
    trial.begin()
    s.step(150)
    assert s.loss < 0.05
    verdict = trial.verdict()
    assert verdict.learned
    assert verdict.first == pytest.approx(2.3, abs=0.5), "the logarithm of 10 classes"
    assert verdict.last < 0.05


NET = """layer {{ name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {{
    shape {{ dim: 4 dim: 2 }} shape {{ dim: 4 dim: 2 }} data_filler {{ {samples} }}
    data_filler {{ type: "gaussian" }} }} }}
  layer {{ name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param {{ num_output: 2 }} }}
  {more} layer {{ name: "l" type: "EuclideanLoss" bottom: "a" bottom: "t" top: "l" }}"""


@pytest.mark.parametrize(
    ("base_lr", "samples", "more", "reason"),
    [
        ("1e-9", 'type: "gaussian"', "", "the loss has not moved: base_lr 1e-09 is too low"),
        ("1e6", 'type: "gaussian"', "", "the loss is not finite: base_lr 1e+06 is too high"),
        ("8", 'type: "gaussian"', "", "the loss rose: base_lr 8 is too high"),
        (
            "0.02",
            'type: "gaussian"',
            'layer { name: "drop" type: "Dropout" bottom: "a" top: "a" }',
            "random layers (drop) keep the loss up",
        ),
    ],
)
def test_verdict_names_a_likely_reason(base_lr: str, samples: str, more: str, reason: str) -> None:
    net = NET.format(samples=samples, more=more)
    text = f'base_lr: {base_lr} lr_policy: "fixed" solver_mode: CPU random_seed: 1 net_param {{ {net} }}'
    s = Solver(parse_solver(f"{text} non_finite_param {{ action: IGNORE }}"))
    trial = Overfit(s, 1)
    trial.begin()
    s.step(3 if base_lr == "8" else 25)
    verdict = trial.verdict()
    assert not verdict.learned
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([[1, 2], [1, 2], [3, 4]], "1 samples of 'x' stand in the batch with different labels"),
        ([[0, 0], [0, 0], [0, 0]], "all samples of 'x' are equal: look at its source"),
        ([[1, 2], [2, 2], [3, 4]], ""),
    ],
)
def test_contradictions_in_a_batch_are_named(rows: list[list[int]], reason: str) -> None:
    labels = torch.tensor([0.0, 1.0, 1.0])
    assert _contradiction(torch.tensor(rows), labels, "x").startswith(reason)
    assert bool(_contradiction(torch.tensor(rows), labels, "x")) == bool(reason)
    assert _contradiction(torch.tensor(rows), torch.zeros(3), "x") == "", "all of one label"


def test_overfit_repeats_batches_of_layers_without_a_source() -> None:
    net = """layer { name: "d" type: "DummyData" top: "x" dummy_data_param {
               shape { dim: 2 } data_filler { type: "gaussian" } } }
    layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
            inner_product_param { num_output: 1 axis: 0 } }
    layer { name: "l" type: "Reduction" bottom: "a" top: "l" loss_weight: 1 }"""
    s = Solver(parse_solver(f'base_lr: 1 lr_policy: "fixed" solver_mode: CPU net_param {{ {net} }}'))
    Overfit(s, 1)
    first, again = (s.engine.strategy.fetch_again(number) for number in (0, 1))
    (index,) = first.blobs
    assert torch.equal(first.blobs[index], again.blobs[index])


def test_overfit_refuses_a_net_without_data() -> None:
    net = """layer { name: "w" type: "Parameter" top: "w" parameter_param { shape { dim: 2 } } }
    layer { name: "l" type: "Reduction" bottom: "w" top: "l" loss_weight: 1 }"""
    s = Solver(parse_solver(f'base_lr: 1 lr_policy: "fixed" solver_mode: CPU net_param {{ {net} }}'))
    with pytest.raises(UsageError, match="the net has no data layer"):
        Overfit(s, 1)
