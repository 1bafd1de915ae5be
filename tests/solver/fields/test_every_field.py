"""Every field of SolverParameter has an effect, or is refused with a reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from layerzoo.schema import SolverParameter
from tests.solver.fields.solvers import (
    LBFGS,
    NET,
    SGD,
    trained,
)

STEP = 'base_lr: 0.1 lr_policy: "step" gamma: 0.5 stepsize: 1 '
STAGES = 'lr_policy: "multifixed" stagelr: 0.1 stageiter: 1 stagelr: 0.01 stageiter: 9 '
PLATEAU = 'base_lr: 50 momentum: 0.9 lr_policy: "plateau" gamma: 0.01 plateau_winsize: 1 '
POLY = 'base_lr: 0.1 lr_policy: "poly" power: 1 max_iter: 5 '


def kind(name: str) -> str:
    """A solver of a type over all data."""
    return LBFGS.replace("LBFGS", name)


NOISE = "gradient_noise_param { eta: 0.01 }"

CHANGES = {
    "base_lr": ('base_lr: 0.1 lr_policy: "fixed"', 'base_lr: 0.2 lr_policy: "fixed"'),
    "clip_gradients": (SGD, SGD + "clip_gradients: 0.1"),
    "cosine_param": (
        'base_lr: 0.1 lr_policy: "cosine" max_iter: 100',
        'base_lr: 0.1 lr_policy: "cosine" cosine_param { period: 3 }',
    ),
    "decoupled_weight_decay": (
        SGD + "weight_decay: 0.1",
        SGD + "weight_decay: 0.1 decoupled_weight_decay: true",
    ),
    "delta": (
        'base_lr: 0.1 lr_policy: "fixed" type: "AdaGrad"',
        'base_lr: 0.1 lr_policy: "fixed" type: "AdaGrad" delta: 1',
    ),
    "distributed_param": (SGD, SGD + "distributed_param { lr_scaling: LINEAR base_batch_size: 180 }"),
    "freeze": (SGD, SGD + 'freeze: "a"'),
    "gamma": (STEP, STEP.replace("0.5", "0.9")),
    "gradient_noise_param": (SGD, SGD + NOISE),
    "iter_size": (
        SGD + f"net_param {{ {NET.replace('360', '50')} }}",
        SGD + f"iter_size: 2 net_param {{ {NET.replace('360', '50')} }}",
    ),
    "lars_param": (SGD + 'type: "LARS"', SGD + 'type: "LARS" lars_param { trust_coefficient: 0.1 }'),
    "lbfgs_param": (LBFGS, LBFGS + "lbfgs_param { memory: 1 }"),
    "l1_ratio": (
        SGD + 'weight_decay: 0.1 regularization_type: "L1L2"',
        SGD + 'weight_decay: 0.1 regularization_type: "L1L2" l1_ratio: 0.9',
    ),
    "newton_param": (kind("Newton"), kind("Newton") + "newton_param { damping: 1 }"),
    "newton_cg_param": (kind("NewtonCG"), kind("NewtonCG") + "newton_cg_param { radius: 0.1 }"),
    "gauss_newton_param": (kind("GaussNewton"), kind("GaussNewton") + "gauss_newton_param { damping: 1 }"),
    "annealing_param": (
        kind("SimulatedAnnealing"),
        kind("SimulatedAnnealing") + "annealing_param { deviation: 0.2 }",
    ),
    "muon_param": (SGD + 'type: "Muon"', SGD + 'type: "Muon" muon_param { adamw: "b" }'),
    "adafactor_param": (
        SGD + 'type: "Adafactor"',
        SGD + 'type: "Adafactor" adafactor_param { clip_threshold: 0.5 }',
    ),
    "schedule_free_param": (
        SGD + 'type: "ScheduleFreeSGD"',
        SGD + 'type: "ScheduleFreeSGD" schedule_free_param { power: 2 }',
    ),
    "let": (SGD, "let { m: 0.5 } " + SGD.replace("0.9", "${m}")),
    "line_search_param": (LBFGS, LBFGS + "line_search_param { method: BACKTRACKING }"),
    "lr_policy": (STEP, STEP.replace('"step"', '"fixed"')),
    "momentum": (SGD, SGD.replace("0.9", "0.5")),
    "momentum2": (SGD + 'type: "Adam"', SGD + 'type: "Adam" momentum2: 0.5'),
    "nonlinear_cg_param": (
        LBFGS.replace("LBFGS", "NonlinearCG"),
        LBFGS.replace("LBFGS", "NonlinearCG") + "nonlinear_cg_param { restart: 1 }",
    ),
    "one_cycle_param": (
        'base_lr: 0.1 lr_policy: "one_cycle" max_iter: 9',
        'base_lr: 0.1 lr_policy: "one_cycle" max_iter: 9 one_cycle_param { rise: 0.9 }',
    ),
    "clamp_weights_lower": (SGD, SGD + "clamp_weights_lower: -0.1"),
    "clamp_weights_upper": (SGD, SGD + "clamp_weights_upper: 0.1"),
    "clip_weights": (SGD, SGD + "clip_weights: 0.1"),
    "larc": (SGD, SGD + "larc: true"),
    "larc_eta": (SGD + "larc: true", SGD + "larc: true larc_eta: 0.1"),
    "larc_policy": (SGD + "larc: true", SGD + 'larc: true larc_policy: "clip"'),
    "local_gw_ratio": (SGD + "local_lr_auto: true", SGD + "local_lr_auto: true local_gw_ratio: 0.1"),
    "local_lr_auto": (SGD, SGD + "local_lr_auto: true"),
    "min_lr": (POLY, POLY + "min_lr: 0.05"),
    "plateau_winsize": (PLATEAU, PLATEAU.replace("winsize: 1", "winsize: 9")),
    "rampup_interval": (SGD, SGD + "rampup_interval: 3"),
    "rampup_lr": (SGD + "rampup_interval: 3", SGD + "rampup_interval: 3 rampup_lr: 0.05"),
    "stageiter": (STAGES, STAGES.replace("stageiter: 1", "stageiter: 2")),
    "stagelr": (STAGES, STAGES.replace("stagelr: 0.1", "stagelr: 0.3")),
    "warmup_iter": (SGD, SGD + "warmup_iter: 3"),
    "warmup_start_lr": (SGD + "warmup_iter: 3", SGD + "warmup_iter: 3 warmup_start_lr: 0.05"),
    "power": (
        'base_lr: 0.1 lr_policy: "inv" gamma: 1 power: 1',
        'base_lr: 0.1 lr_policy: "inv" gamma: 1 power: 2',
    ),
    "precision": (SGD, SGD + "precision: BF16"),
    "layer_precision": (SGD, SGD + 'layer_precision { layer: "a" precision: BF16 }'),
    "random_seed": (SGD + NOISE, SGD + NOISE + "#"),
    "regularization_type": (SGD + "weight_decay: 0.1", SGD + 'weight_decay: 0.1 regularization_type: "L1"'),
    "rms_decay": (
        'base_lr: 0.1 lr_policy: "fixed" type: "RMSProp"',
        'base_lr: 0.1 lr_policy: "fixed" type: "RMSProp" rms_decay: 0.5',
    ),
    "solver_type": (SGD, SGD + "solver_type: ADAM"),
    "stepsize": (STEP, STEP.replace("stepsize: 1", "stepsize: 2")),
    "stepvalue": (
        'base_lr: 0.1 lr_policy: "multistep" gamma: 0.1 stepvalue: 1',
        'base_lr: 0.1 lr_policy: "multistep" gamma: 0.1 stepvalue: 1 stepvalue: 2',
    ),
    "train_state": (SGD, SGD + 'train_state { stage: "scaled" }'),
    "type": (SGD, SGD + 'type: "Nesterov"'),
    "update": (SGD, SGD + 'update { name: "low" layer: "a" lr_mult: 0.1 }'),
    "warmup_param": (SGD, SGD + "warmup_param { iterations: 3 }"),
    "weight_decay": (SGD, SGD + "weight_decay: 0.1"),
}
"""By field: two solvers that differ in it, and end with different params."""

ELSEWHERE = {
    "ap_version",
    "bfgs_param",
    "debug_info",
    "engine",
    "engine_param",
    "eval_type",
    "loss_scale_param",
    "non_finite_param",
    "price_per_hour",
    "publish",
    "show_per_class_result",
    "tensorboard_param",
    "threads",
    "watch",
}
"""Fields that are tested beside the code that reads them."""

NO_EFFECT = {
    "larc_turbo": "it selects kernels of NVIDIA's fork",
    "store_blobs_in_old_format": "it selects a format of NVIDIA's fork",
    "layer_wise_reduce": "how several GPUs exchange gradients changes no number",
}
"""Fields that are accepted and change nothing, with the reason."""


def test_every_field_has_a_test() -> None:
    fields = {field.name for field in SolverParameter.DESCRIPTOR.fields}
    texts = (file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    own_tests = {name for text in texts for name in re.findall(r"^def test_field_(\w+)\(", text, re.M)}
    tested = [*CHANGES, *own_tests, *ELSEWHERE, *NO_EFFECT]
    assert sorted(tested) == sorted(fields)


@pytest.mark.parametrize("field", sorted(ELSEWHERE))
def test_fields_listed_elsewhere_have_tests_there(field: str) -> None:
    here = Path(__file__).parent
    others = (file for file in here.parents[1].rglob("test_*.py") if file.parent != here)
    assert any(re.search(rf"\b{field}\b", file.read_text()) for file in others)


@pytest.mark.parametrize("field", CHANGES)
def test_change_of_a_field_changes_what_is_learned(field: str) -> None:
    one, other = (trained(text) for text in CHANGES[field])
    assert one.isfinite().all()
    assert not torch.equal(one, other)


@pytest.mark.parametrize("field", NO_EFFECT)
def test_no_effect_fields_change_nothing(field: str) -> None:
    assert torch.equal(trained(SGD), trained(f"{SGD} {field}: false"))
