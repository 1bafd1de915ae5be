"""Precision: what 16 bits can't hold, and what the loss scale does about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.courses.lessons import COURSES, make_solver

UNSCALED = ["loss_scale_param.initial=1", "loss_scale_param.growth=1"]
TYPES = {"FP64": torch.float64, "FP32": torch.float32, "BF16": torch.bfloat16, "FP16": torch.float16}


def first_step(folder: Path, *changes: str) -> Tensor:
    """How the first iteration moves the params, as one vector."""
    solver = make_solver("precision", list(changes), folder)
    before = [param.detach().clone() for param in solver.net.learnable]
    solver.step(1)
    after = [param.detach() for param in solver.net.learnable]
    return torch.cat([(new - old).flatten().double() for old, new in zip(before, after, strict=True)])


@pytest.mark.parametrize("name", TYPES)
def test_header_states_what_each_type_holds(name: str) -> None:
    text = (COURSES / "precision.yaml").read_text(encoding="utf-8")
    (row,) = re.findall(rf"#   {name} +(\d+), (\d+) +(\d+) +(\S+) +(\S+)\n", text)
    info = torch.finfo(TYPES[name])
    exponent, mantissa = int(row[0]), int(row[1])
    assert 1 + exponent + mantissa == info.bits
    assert info.eps == 2.0**-mantissa
    assert abs(int(row[2]) - (mantissa + 1) * 0.30103) < 1
    assert float(row[3]) == pytest.approx(info.smallest_normal * info.eps, rel=0.3)
    assert float(row[4]) == pytest.approx(info.max, rel=0.15)


def test_gradients_of_half_precision_underflow_without_a_scale(tmp_path: Path) -> None:
    assert not torch.count_nonzero(first_step(tmp_path, "precision=FP16", *UNSCALED))


@pytest.mark.parametrize(("name", "near"), [("FP64", 1e-4), ("BF16", 0.05), ("FP16", 0.01)])
def test_step_is_that_of_single_precision_but_for_rounding(tmp_path: Path, name: str, near: float) -> None:
    single = first_step(tmp_path, "precision=FP32")
    other = first_step(tmp_path, f"precision={name}")
    assert (other - single).norm() < near * single.norm()


def test_small_loss_changes_nothing_in_single_precision(tmp_path: Path) -> None:
    small = first_step(tmp_path, "precision=FP32")
    usual = first_step(tmp_path, "precision=FP32", "net.let.loss_weight=1", "base_lr=0.1")
    assert (small - usual).norm() < 1e-4 * usual.norm()


def test_scale_that_overflows_is_halved_and_the_update_skipped(tmp_path: Path) -> None:
    solver = make_solver("precision", ["loss_scale_param.initial=1e30"], tmp_path)
    before = solver.net.learnable[0].detach().clone()
    solver.step(1)
    assert torch.equal(solver.net.learnable[0], before)
    solver.step(99)
    assert not torch.equal(solver.net.learnable[0], before)
