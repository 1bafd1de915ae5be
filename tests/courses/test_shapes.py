"""The lessons on drawn shapes beat what needs no image, computed by numpy from their tests."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.net import Net
from tests.courses.lessons import COURSES, read_scores

SCORES = read_scores()


def targets_of_a_test(name: str, blob: str) -> np.ndarray:
    """The targets of the first pass of a lesson's test net."""
    net = Net(COURSES / f"{name}.yaml", phase="TEST")
    with torch.no_grad():
        net()
    return net.blobs[blob].numpy().copy()


def worst(name: str, run: str) -> float:
    return min(SCORES[name]["runs"][run]["scores"])


@pytest.mark.parametrize(("name", "run"), [("fcn", "skips"), ("segnet", "masks"), ("unet", "plain")])
def test_segmentation_beats_background_alone(name: str, run: str) -> None:
    mask = targets_of_a_test(name, "mask")
    alone = float((mask == 0).mean()) / 5  # its union is the image; the four shapes have 0
    assert alone == pytest.approx(0.18, abs=0.01)  # as the lessons say
    assert SCORES[name]["short"]["at_least"] > 1.2 * alone
    assert worst(name, run) > 3 * alone


def test_multi_label_beats_the_most_frequent_labels() -> None:
    labels = targets_of_a_test("multi_label", "labels")
    _, counts = np.unique(labels, axis=0, return_counts=True)
    most = counts.max() / len(labels)
    assert most == pytest.approx(0.12, abs=0.01)  # as the lesson says
    assert SCORES["multi_label"]["short"]["at_least"] > 1.3 * most
    assert worst("multi_label", "sigmoids") > 5 * most
