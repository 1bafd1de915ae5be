"""One training step of public nets, on generated inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.survey import config_files
from tests.survey.steps import train_steps

NET = """
layer {{ name: "d" type: "Data" top: "x" top: "l" data_param {{ batch_size: 4 }}
  transform_param {{ crop_size: 6 }} }}
layer {{ name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param {{ num_output: 3 {fill} }} }}
{more}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "a" bottom: "l" top: "loss" }}
"""
FILL = 'weight_filler { type: "xavier" }'


def step_of(folder: Path, more: str = "") -> tuple[bool, int, str]:
    path = folder / "net.prototxt"
    path.write_text(NET.format(more=more, fill=FILL))
    (step,) = train_steps(path)
    return step.built, step.arrived, step.why


def test_step_of_a_right_net_is_right(tmp_path: Path) -> None:
    assert step_of(tmp_path) == (True, 2, "")
    branch = (
        'layer { name: "b" type: "InnerProduct" bottom: "x" top: "b" inner_product_param { num_output: 1 } }'
    )
    assert step_of(tmp_path, branch) == (True, 2, ""), "no loss reaches the params of the branch"


def test_step_with_a_loss_that_is_not_finite_is_wrong(tmp_path: Path) -> None:
    negative = 'layer { name: "log" type: "Log" bottom: "a" top: "a" }'
    assert step_of(tmp_path, negative) == (True, 0, "the loss is nan")


def test_file_without_a_net_to_train_has_no_step(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 } } }')
    assert train_steps(path) == []
    path.write_text("layer {")
    assert train_steps(path) == []


@pytest.mark.slow
def test_steps_of_public_nets_are_right(shared: Path) -> None:
    """Every thirtieth file; `scripts/train-steps ../shared/corpus` makes all."""
    steps = [step for path in config_files(shared / "corpus")[::30] for step in train_steps(path)]
    assert sum(step.built for step in steps) >= 5
    assert [(step.path, step.why) for step in steps if step.why] == []
