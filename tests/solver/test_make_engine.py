"""The engine of a solver's config: precision, loss scale, observers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.engine import DebugInfo
from layerzoo.errors import ConfigError
from layerzoo.loader import load_solver, parse_solver
from layerzoo.solver import Solver

NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" size: 8 batch_size: 16 } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 24 weight_filler { type: "xavier" } } }
layer { name: "r" type: "ReLU" bottom: "a" top: "a" }
layer { name: "o" type: "Dropout" bottom: "a" top: "a" }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "b" bottom: "t" top: "l" }
"""
BASE = 'base_lr: 0.02 lr_policy: "fixed" momentum: 0.9 random_seed: 5 solver_mode: CPU snapshot_prefix: "r" '


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solver(text: str = "") -> Solver:
    return Solver(parse_solver(f"{BASE} {text} net_param {{ {NET} }}"))


def weights(of: Solver) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in of.net.learnable])


def accuracy(config: str, *overrides: str, iterations: int) -> float:
    settings = ("random_seed=1", "solver_mode=CPU", "display=0", "test_interval=1000", *overrides)
    trained = Solver(load_solver(config, (*settings, "test_initialization=false")))
    trained.step(iterations)
    return trained.test()[0].values["accuracy"][0]


@pytest.mark.parametrize(("config", "iterations"), [("lenet_solver", 60), ("mlp_solver", 150)])
def test_bf16_learns(config: str, iterations: int) -> None:
    path = f"configs/{config}.yaml"
    full, low = (accuracy(path, f"precision={p}", iterations=iterations) for p in ("FP32", "BF16"))
    assert full > 0.85
    assert abs(full - low) < 0.03


def test_precision_leaves_params_history_and_loss_in_fp32() -> None:
    s = solver("precision: BF16")
    s.step(2)
    tensors = [*s.net.learnable, *(p.grad for p in s.net.learnable), *s.run.rule.history, s.engine.outputs[0]]
    assert {t.dtype for t in tensors if t is not None} == {torch.float32}


def test_precision_fp32_equals_the_default_bit_for_bit() -> None:
    plain, said = solver(), solver("precision: FP32 loss_scale_param { initial: 8 }")
    for s in (plain, said):
        s.step(5)
    assert plain.engine.scale is None
    assert torch.equal(weights(plain), weights(said))


def test_precision_applies_to_test_nets() -> None:
    s = solver("precision: BF16 test_interval: 10")
    seen: list[torch.dtype] = []
    s.test_nets[0].layer("b").register_forward_hook(lambda _, __, top: seen.append(top.dtype))
    s.engine.test_step(s.test_nets[0], 0)
    assert seen == [torch.bfloat16]


def test_loss_scale_is_restored_exactly(in_folder: Path) -> None:
    text = "precision: FP16 loss_scale_param { initial: 1048576 interval: 3 } average_loss: 2"
    whole, cut = solver(text), solver(text)
    whole.step(12)
    cut.step(7)
    assert cut.engine.scale is not None
    assert cut.engine.scale.value != 1048576, "it has moved"
    assert cut.engine.scale.good, "in the middle of an interval"
    cut.snapshot()
    again = solver(text)
    assert again.restore("auto")
    assert again.engine.scale is not None
    assert again.engine.scale.state_dict() == cut.engine.scale.state_dict()
    again.step(5)
    assert whole.engine.scale is not None
    assert again.engine.scale.state_dict() == whole.engine.scale.state_dict()
    assert torch.equal(weights(again), weights(whole))
    assert again.loss == whole.loss


def test_debug_info_is_an_observer_of_the_guarded_engine() -> None:
    made = solver("debug_info: true display: 3").engine
    (observer,) = made.observers
    assert isinstance(observer, DebugInfo)
    assert [observer.wants_layers(iteration) for iteration in (0, 1, 3)] == [True, False, True]
    assert made.guard is not None
    (never,) = solver("debug_info: true display: 0").engine.observers
    assert not never.wants_layers(0)
    assert solver("display: 3").engine.observers == []


def test_fp16_is_refused_for_full_batch_rules() -> None:
    with pytest.raises(ConfigError, match="LBFGS needs exact gradients, not those of FP16"):
        Solver(
            parse_solver(
                f"{BASE.replace('momentum: 0.9', '')} type: 'LBFGS' precision: FP16 net_param {{ "
                f"{NET.replace('batch_size: 16', 'batch_size: 1437').replace('Dropout', 'TanH')} }}"
            )
        )
