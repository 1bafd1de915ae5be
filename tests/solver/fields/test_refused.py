"""Fields that can't have an effect: faults and warnings."""

from __future__ import annotations

import logging

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import parse_solver
from layerzoo.solver import Solver
from tests.solver.fields.solvers import (
    NET,
    SGD,
    solver,
)

REFUSED = [
    ('lr_policy: "plateau" gamma: 0.5', "lr_policy", "needs a score, but nothing is tested"),
    ("early_stopping_param {}", "early_stopping_param", "needs a score, but nothing is tested"),
    ("keep_param { best: 2 }", "keep_param", "needs a score, but nothing is tested"),
    ("test_interval: 1 early_stopping_param { patience: 0 }", "patience", "it has to be 1 or more"),
    ("test_interval: 1 early_stopping_param { min_delta: -1 }", "min_delta", "it has to be 0 or more"),
    ("keep_param { last: -1 }", "last", "it has to be 0 or more"),
    ('test_interval: 1 score_param { output: "ac" }', "output", "did you mean 'acc'?"),
    ("test_interval: 1 score_param { test_net: 1 }", "test_net", "there are 1 test nets, from 0"),
    ("ema_param { decay: 1 }", "decay", "it has to be at least 0 and below 1"),
    ("max_epoch: -1", "max_epoch", "it has to be 0 or more"),
    ("max_time: -1", "max_time", "it has to be 0 or more"),
]


@pytest.mark.parametrize(("text", "field", "why"), REFUSED)
def test_fields_that_can_not_act_are_faults_at_their_line(text: str, field: str, why: str) -> None:
    fixed = "" if "lr_policy" in text else 'lr_policy: "fixed"'
    with pytest.raises(ConfigError) as raised:
        Solver(parse_solver(f"base_lr: 0.1 {fixed} net_param {{ {NET} }}\n{text}"))
    (fault,) = raised.value.faults
    assert why in str(fault)
    assert fault.origin is not None
    line, column = fault.origin.source.position(fault.origin.offset)
    whole = fault.origin.source.line_at(fault.origin.offset)
    assert line == NET.count("\n") + 2
    assert field in whole[: column + len(field)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("lars_param {}", "lars_param is given, but it has no effect without type LARS"),
        ("cosine_param {}", "cosine_param is given, but it has no effect without lr_policy cosine"),
        ("line_search_param {}", "has no effect without a type that searches along a direction"),
        ("snapshot_diff: true", "snapshot_diff is given, but it has no effect without snapshot_format"),
    ],
)
def test_fields_without_effect_are_warned_of(text: str, why: str, caplog: pytest.LogCaptureFixture) -> None:
    solver(SGD)
    assert not [record for record in caplog.records if record.levelno == logging.WARNING]
    solver(SGD + text)
    assert why in caplog.text


def test_max_epoch_of_endless_data_is_a_fault() -> None:
    dummy = 'layer { name: "d" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 dim: 2 } } }'
    layers = (
        'layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 2 } }'
    )
    loss = 'layer { name: "l" type: "EuclideanLoss" bottom: "a" bottom: "x" top: "l" }'
    with pytest.raises(ConfigError, match="max_epoch is given, but no data layer of net '' knows the size"):
        solver(SGD + "max_epoch: 1", dummy + layers + loss)
