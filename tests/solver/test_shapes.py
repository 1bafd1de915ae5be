"""Nets on drawn shapes: what they learn in a part of the training that their configs ask for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.loader import load_solver
from layerzoo.net import Net
from layerzoo.solver import Solver
from layerzoo.solver.trials.overfit import Overfit

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
    by_class = found.by_class["mean_iou"]
    assert found.values["mean_iou"][0] > 0.35, by_class
    assert by_class[0] > 0.9
    assert min(by_class[1], by_class[4]) > 0.35, "discs and rings come first, squares and triangles later"


def overlap(one: torch.Tensor, other: torch.Tensor) -> float:
    """Intersection over union of two boxes of left, top, right and bottom."""
    sides = (torch.minimum(one, other)[2:] - torch.maximum(one, other)[:2]).clamp(min=0)
    areas = sum((box[2:] - box[:2]).prod() for box in (one, other))
    return float(sides.prod() / (areas - sides.prod()))


def check_detections(net: Net, pictures: int) -> None:
    """Check that the confident detections in the first pictures are the objects: each found once."""
    for _ in range(pictures):
        net()
        rows, objects = net.blobs["detections"][0, 0], net.blobs["label"][0, 0]
        found = rows[rows[:, 2] > 0.5]
        objects = objects[objects[:, 0] == 0]
        assert len(found) == len(objects)
        for _, label, _, *box, _ in objects.tolist():
            right = [overlap(row[3:], torch.tensor(box)) > 0.6 for row in found if row[1] == label]
            assert sum(right) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "iterations", "batches", "pictures"),
    [("ssd", 80, 1, 8), ("yolov3", 120, 1, 8), ("faster_rcnn", 240, 4, 4)],
)
def test_detectors_learn_a_handful_of_pictures_by_heart(
    name: str, iterations: int, batches: int, pictures: int, tmp_path: Path
) -> None:
    same = ("net.layer[0].dataset_param.shuffle=false", "net.layer[1].dataset_param.split=train")
    one = ("net.layer[1].dataset_param.batch_size=1",)
    detector = solver(name, tmp_path, iterations, *same, *one, "lr_policy=fixed", f"average_loss={batches}")
    Overfit(detector, batches)
    detector.step(batches)
    first = detector.loss
    detector.step(iterations - batches)
    assert detector.loss < first / 2
    check_detections(detector.test_nets[0], pictures)
