"""A plan is checked against its solver."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.tune.check import check_plan
from tests.tune.plans import GRID, plan_of


def faults(tmp_path: Path, old: str, new: str) -> list[str]:
    assert old in GRID
    with pytest.raises(ConfigError) as caught:
        check_plan(plan_of(tmp_path, GRID.replace(old, new)))
    return [str(fault) for fault in caught.value.faults]


def test_config_has_all_but_the_axes(tmp_path: Path) -> None:
    checked = check_plan(plan_of(tmp_path))
    assert checked.has_seed
    assert checked.config["max_iter"] == "20"
    assert checked.config["net.layer[ip1].inner_product_param.num_output"] == "256"
    assert "base_lr" not in checked.config


def test_solver_without_a_seed_is_told(tmp_path: Path) -> None:
    text = GRID.replace("display=5", "display=5, random_seed=-1")
    assert not check_plan(plan_of(tmp_path, text)).has_seed


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("base_lr", "base_lrr", "tune.yaml:4:3: unknown field 'base_lrr'"),
        (
            "base_lr: {values: [0.0001, 0.05]}",
            "net.layer[ip9].inner_product_param.num_output: {values: [1, 2]}",
            "tune.yaml:4:7: no 'layer' is named 'ip9'",
        ),
        ("0.05", "fast", "tune.yaml:4:30: "),
        (
            "base_lr: {values: [0.0001, 0.05]}",
            "net.layer[ip1].inner_product_param.num_output: {values: [0, 2]}",
            "tune.yaml:4:60: ",
        ),
        ("max_iter=20", "max_itr=20", "tune.yaml:2:7: unknown field 'max_itr'"),
        ("accuracy", "acuracy", "tune.yaml:5:11: no output of the test net is named 'acuracy'"),
        ("accuracy", "accuracy\nphase: TRAIN", "no output of the training net is named 'accuracy'"),
        ("accuracy", "accuracy\nweights: [own.safetensors]", "tune.yaml:6:11: no file 'own.safetensors'"),
        ("test_interval=10", "test_interval=0", "the solver tests nothing"),
    ],
)
def test_fault_stands_at_its_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    (first, *_) = faults(tmp_path, old, new)
    assert fault in first


def test_misspelt_names_have_hints(tmp_path: Path) -> None:
    assert "did you mean 'base_lr'?" in faults(tmp_path, "base_lr", "base_lrr")[0]
    assert "did you mean 'accuracy'?" in faults(tmp_path, "accuracy", "acuracy")[0]
    assert "its outputs are accuracy, loss" in faults(tmp_path, "accuracy", "zzz")[0]


def test_ends_of_a_range_with_steps_are_checked(tmp_path: Path) -> None:
    width = "net.layer[ip1].inner_product_param.num_output: {range: [0, 10], step: 0.5}"
    (fault, *_) = faults(tmp_path, "base_lr: {values: [0.0001, 0.05]}", width)
    assert "tune.yaml:4:" in fault


def test_training_score_needs_a_display(tmp_path: Path) -> None:
    text = GRID.replace("maximise: accuracy", "minimise: loss\nphase: TRAIN")
    check_plan(plan_of(tmp_path, text))
    with pytest.raises(ConfigError, match="the solver has no display"):
        check_plan(plan_of(tmp_path, text.replace("display=5", "display=0")))


def test_settings_of_choices_are_checked_at_their_place(tmp_path: Path) -> None:
    rule = "rule: {choices: [{name: a, set: [type=Adam]}, {name: b, set: [type=SGD, momentun=0.9]}]}"
    (fault, *_) = faults(tmp_path, "base_lr: {values: [0.0001, 0.05]}", rule)
    assert "tune.yaml:4:75: unknown field 'momentun'" in fault
    good = GRID.replace("base_lr: {values: [0.0001, 0.05]}", rule.replace("momentun", "momentum"))
    config = check_plan(plan_of(tmp_path, good)).config
    assert "type" not in config
    assert "momentum" not in config
    assert "base_lr" in config
