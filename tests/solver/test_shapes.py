"""Nets on drawn shapes: what they learn in a part of the training that their configs ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.loader import load_solver
from layerzoo.solver import Solver

CONFIGS = Path(__file__).parents[2] / "configs"


def solver(name: str, folder: Path, iterations: int, *changes: str) -> Solver:
    """A solver of one of the configs, with as many iterations, and without tests in between."""
    settings = (f"max_iter={iterations}", "solver_mode=CPU", "display=0", "snapshot=0")
    quiet = ("test_initialization=false", "snapshot_after_train=false", f"snapshot_prefix={folder / 'run'}")
    return Solver(load_solver(CONFIGS / f"{name}_shapes_solver.yaml", [*settings, *quiet, *changes]))


@pytest.mark.slow
def test_unet_learns_masks(tmp_path: Path) -> None:
    sides = [f"net.layer[{index}].dataset_param.size=64" for index in (0, 1)]
    unet = solver("unet", tmp_path, 250, *sides)
    unet.step(250)
    found = unet.test()[0]
    assert found.values["mean_iou"][0] > 0.4, found.by_class
    assert found.by_class["mean_iou"][0] > 0.9
