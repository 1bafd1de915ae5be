"""Numbers of a solver with which training can't work, or that are unlikely meant."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, nan
from typing import Any

import pytest

from layerzoo.loader import parse_solver
from layerzoo.lr_policy import check_policy, make_policy
from layerzoo.lr_policy.policy import POLICIES
from layerzoo.schema import SolverParameter, fields
from layerzoo.solver.config.length import check_length, with_placeholders
from layerzoo.solver.config.values import value_faults, value_warnings


def solver(text: str) -> SolverParameter:
    return parse_solver(text, with_nets=False, format="prototxt").message


@pytest.mark.parametrize(
    ("text", "message", "field"),
    [
        ("base_lr: nan", "base_lr is nan; expected a finite number", "base_lr"),
        ("weight_decay: -inf", "weight_decay is -inf; expected a finite number", "weight_decay"),
        ("momentum: 1.5", "momentum is 1.5; it has to be below 1", "momentum"),
        ("momentum: 1", "momentum is 1; it has to be below 1", "momentum"),
        ("delta: -1", "delta is -1; it has to be 0 or more", "delta"),
        ("average_loss: 0", "average_loss is 0; it has to be 1 or more", "average_loss"),
        ("max_iter: -1", "max_iter is -1; it has to be 0 or more", "max_iter"),
        ("price_per_hour: -1", "price_per_hour is -1; it has to be 0 or more", "price_per_hour"),
        ("price_per_hour: inf", "price_per_hour is inf; expected a finite number", "price_per_hour"),
        ("device_id: -1", "device_id is -1; it has to be 0 or more", "device_id"),
        ("max_epoch: inf", "max_epoch is inf; expected a finite number", "max_epoch"),
        ("clip_gradients: 0", "clip_gradients is 0, which makes all gradients 0", "clip_gradients"),
        (
            "lars_param { trust_coefficient: 0 }",
            "lars_param.trust_coefficient is 0; it has to be above 0",
            "lars_param.trust_coefficient",
        ),
        (
            "warmup_param { iterations: 1 start_factor: -1 }",
            "warmup_param.start_factor is -1; it has to be 0 or more",
            "warmup_param.start_factor",
        ),
        ("clip_weights: 0", "clip_weights is 0, which makes all weights 0", "clip_weights"),
        (
            "clamp_weights_upper: 1 clamp_weights_lower: 1",
            "no weight is between clamp_weights_lower 1 and clamp_weights_upper 1",
            "clamp_weights_lower",
        ),
        (
            "clamp_weights_upper: -1e7",
            "no weight is between clamp_weights_lower -1e+06 and clamp_weights_upper -1e+07",
            "clamp_weights_upper",
        ),
        (
            "cosine_param { min_lr: -1 }",
            "cosine_param.min_lr is -1; it has to be 0 or more",
            "cosine_param.min_lr",
        ),
        (
            "plateau_param { min_lr: -1 }",
            "plateau_param.min_lr is -1; it has to be 0 or more",
            "plateau_param.min_lr",
        ),
        ("test_iter: 0", "test_iter is 0: a test of no batches has no score", "test_iter[0]"),
        ("test_iter: 4 test_iter: -1", "test_iter is -1: a test of no batches has no score", "test_iter[1]"),
    ],
)
def test_value_with_which_training_cannot_work_is_a_fault(text: str, message: str, field: str) -> None:
    [fault] = value_faults(solver(text))
    assert (fault.message, fault.field) == (message, field)


@pytest.mark.parametrize(
    ("text", "message", "field"),
    [
        ("base_lr: -1", "base_lr is -1: a negative rate makes the loss larger", "base_lr"),
        (
            "momentum: -0.5",
            "momentum is -0.5: a negative momentum brakes each update by the one before it",
            "momentum",
        ),
        (
            "weight_decay: -0.1",
            "weight_decay is -0.1: a negative decay makes the weights larger",
            "weight_decay",
        ),
        ("base_lr: 0", "base_lr is 0: nothing is learned", "base_lr"),
        ("min_lr: -1", "min_lr is -1: the rate ends below 0, where it makes the loss larger", "min_lr"),
        (
            "warmup_start_lr: -1",
            "warmup_start_lr is -1: a negative rate makes the loss larger",
            "warmup_start_lr",
        ),
        ("lr_policy: 'exp' gamma: 0", "gamma is 0: the rate is 0 from the first step on", "gamma"),
        (
            "lr_policy: 'poly' power: -1",
            "power is -1: the rate grows without bound up to max_iter",
            "power",
        ),
        (
            "lr_policy: 'poly' base_lr: 0.1 min_lr: 1",
            "min_lr is 1, above base_lr 0.1: the rate rises",
            "min_lr",
        ),
        (
            "lr_policy: 'cosine' base_lr: 0.1 cosine_param { min_lr: 1 }",
            "min_lr is 1, above base_lr 0.1: the rate rises",
            "cosine_param.min_lr",
        ),
        (
            "lr_policy: 'multifixed' stagelr: [1, -1] stageiter: [1, 2]",
            "stagelr is -1: a negative rate makes the loss larger",
            "stagelr[1]",
        ),
        (
            "update { name: 'a' } update { name: 'b' base_lr: -1 }",
            "base_lr is -1: a negative rate makes the loss larger",
            "update[1].base_lr",
        ),
        (
            'lr_policy: "multistep" stepvalue: [1, 5, 3, 2]',
            "stepvalue 3 follows 5: this step is taken in the iteration after the one before",
            "stepvalue[2]",
        ),
        (
            'lr_policy: "multistep" stepvalue: [5, 5]',
            "stepvalue 5 follows 5: this step is taken in the iteration after the one before",
            "stepvalue[1]",
        ),
    ],
)
def test_value_that_is_unlikely_meant_is_a_warning(text: str, message: str, field: str) -> None:
    [warning] = value_warnings(solver(text))
    assert (warning.message, warning.field) == (message, field)
    assert value_faults(solver(text)) == []


def test_usual_values_have_neither_faults_nor_warnings() -> None:
    usual = solver(
        'base_lr: 0.01 momentum: 0.9 weight_decay: 5e-4 lr_policy: "multistep" gamma: 0.1 stepvalue: [5, 9] '
        "clip_gradients: -1 test_iter: 1 test_interval: 5 max_iter: 10 display: 0 random_seed: -1"
    )
    assert value_faults(usual) == value_warnings(usual) == []


def test_numbers_of_inline_nets_are_left_to_the_nets() -> None:
    text = (
        "net_param { layer { name: 'a' type: 'ReLU' loss_weight: nan relu_param { negative_slope: nan } } }"
    )
    assert value_faults(solver(text)) == []


@pytest.mark.parametrize("policy", list(POLICIES))
def test_any_number_of_a_policy_gives_rates_or_a_fault(policy: str) -> None:
    refused = 0
    for path, value in numbers():
        param = SolverParameter(
            lr_policy=policy, base_lr=0.1, gamma=0.5, power=0.5, stepsize=9, stepvalue=[5, 9], max_iter=20
        )
        if path[0] == "warmup_param":
            param.warmup_param.iterations = 5
        message: Any = param
        for key in path[:-1]:
            message = getattr(message, key)
        if isinstance(getattr(message, path[-1]), int | float):
            setattr(message, path[-1], value)
        else:
            getattr(message, path[-1])[:] = [value]
        settled = with_placeholders(param)
        if check_policy(settled) or value_faults(param) or check_length(param):
            refused += 1
            continue
        value_warnings(param)
        rates = make_policy(settled)
        assert all(isinstance(rates.rate(i), float) for i in (0, 1, 9, 19, 20, 2**31 - 1)), (path, value)
    assert refused > 50


def numbers() -> Iterator[tuple[tuple[str, ...], float]]:
    """Values for each number of a solver and of the messages inside, by path."""
    for name, field in fields(SolverParameter).items():
        inside = fields(field.message) if field.message and "Net" not in field.type_name else {}
        for path, number in [((name,), field), *(((name, key), one) for key, one in inside.items())]:
            if (number.repeated and len(path) > 1) or (field.repeated and field.message):
                continue
            if number.kind == "float":
                yield from ((path, value) for value in (-1, 0, 1.5, -3e38, 3e38, nan, inf))
            elif number.kind == "int":
                low, high = number.range or (0, 0)
                yield from ((path, v) for v in (-1, 0, 2, -(2**31), 2**31 - 1) if low <= v <= high)
