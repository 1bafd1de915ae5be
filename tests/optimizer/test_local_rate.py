"""Rates of single params, computed by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import SolverParameter


def moved(lr: float = 0.5, type_name: str = "SGD", decay: float = 0.0, **fields: object) -> list[float]:
    """What a step takes from w = (3, 4), |w| = 5, with lr_mult 2 and gradient (6, 8)."""
    param = nn.Parameter(torch.tensor([3.0, 4.0]))
    solver = SolverParameter(type=type_name, weight_decay=decay, **fields)
    rule = make_rule(solver, [UpdateParam(param, 2, 1, "ip.weight")])
    param.grad = torch.tensor([6.0, 8.0])
    rule.step(lr, 0)
    return (torch.tensor([3.0, 4.0]) - param.detach()).tolist()


def test_larc_scales_the_rate_by_the_norms() -> None:
    # 0.01 * 5 / 10 times 0.5, in place of 0.5 * 2
    assert moved(larc=True, larc_eta=0.01) == pytest.approx([6 * 0.0025, 8 * 0.0025], abs=1e-6)
    # decay 1 makes the gradient (9, 12), of norm 15
    assert moved(larc=True, larc_eta=0.03, decay=1) == pytest.approx([9 * 0.005, 12 * 0.005], abs=1e-6)


def test_larc_clips_the_rate() -> None:
    clip = {"larc": True, "larc_policy": "clip"}
    assert moved(larc_eta=0.01, **clip) == pytest.approx([6 * 0.005, 8 * 0.005], abs=1e-6)
    assert moved(larc_eta=100, **clip) == pytest.approx([6 * 0.5, 8 * 0.5], abs=1e-6)


def test_local_lr_auto_counts_the_decay() -> None:
    assert moved(local_lr_auto=True, local_gw_ratio=0.01) == pytest.approx([6 * 0.0025, 8 * 0.0025], abs=1e-6)
    # 0.03 * 5 / (15 + 1 * 5) times 0.5
    wanted = 0.03 * 5 / 20 * 0.5
    assert moved(local_lr_auto=True, local_gw_ratio=0.03, decay=1) == pytest.approx(
        [9 * wanted, 12 * wanted], abs=1e-6
    )


def test_params_of_zeros_have_the_learning_rate() -> None:
    param = nn.Parameter(torch.zeros(2))
    rule = make_rule(SolverParameter(type="SGD", larc=True), [UpdateParam(param, 2, 1, "w")])
    param.grad = torch.ones(2)
    rule.step(0.5, 0)
    assert param.tolist() == [-0.5, -0.5]
    assert moved(lr=0.0, larc=True) == [0, 0]


def test_nesterov_takes_the_same_rates() -> None:
    assert moved(type_name="Nesterov", larc=True, larc_eta=0.01) == pytest.approx([0.015, 0.02], abs=1e-6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"type_name": "Adam", "larc": True}, "larc works with type SGD and Nesterov, not with Adam"),
        ({"larc": True, "local_lr_auto": True}, "larc and local_lr_auto exclude each other"),
        ({"larc_policy": "auto"}, "unknown larc_policy 'auto'"),
    ],
)
def test_faults(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        moved(**fields)
