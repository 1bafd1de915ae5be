"""Random maps of images; `tests/data/test_warping.py` tests the resampling."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.steps.warp import Warp
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN, EmitConstraint, TransformationParameter

IMAGE = np.zeros((3, 20, 30), np.uint8)
IMAGE[:, 5:10, 10:20] = 200


def warp(phase: int = TRAIN, fields: dict[str, object] | None = None, **ranges: object) -> Warp | None:
    return Warp.of(TransformationParameter(warp_param=ranges, **(fields or {})), phase)


def box(left: float, top: float, right: float, bottom: float) -> Boxes:
    return Boxes(np.array([[left, top, right, bottom]], np.float32), np.ones((1, 3), np.float32))


def test_warp_is_for_training_alone() -> None:
    assert warp(TEST, max_rotation=10) is None
    assert warp(max_rotation=10) is not None


def test_translation_moves_image_box_and_mask_alike() -> None:
    moved_boxes, moved_masks = [], []
    for number in range(20):
        boxes, masks = [box(1 / 3, 0.25, 2 / 3, 0.5)], [(IMAGE[:1] > 0).astype(np.float32)]
        step = warp(max_translation=0.2)
        blob = Pipeline(step)([IMAGE], np.array([number]), boxes=boxes, masks=masks)
        edges = boxes[0].edges[0] * [30, 20, 30, 20]
        rows, columns = np.nonzero(blob[0, 0] > 100)
        np.testing.assert_allclose(
            edges, [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], atol=0.6
        )
        assert ((masks[0][0] == 1) == (blob[0, 0] > 100)).mean() > 0.97
        moved_boxes.append(edges)
        moved_masks.append(masks[0])
    assert np.ptp([edges[0] for edges in moved_boxes]) > 4  # 0.2 of 30 pixels either way
    assert any((mask == 255).any() for mask in moved_masks), "new pixels have fill_label"


def test_box_becomes_the_upright_box_around_its_corners() -> None:
    boxes = box(0.4, 0.4, 0.6, 0.6)
    turn = np.array([[0, 1, 0], [-1, 0, 19.0], [0, 0, 1]])  # a quarter of a turn of a square of 20
    boxes.warp(turn, 20, 20)
    np.testing.assert_allclose(boxes.edges[0], [0.4, 0.4, 0.6, 0.6], atol=1e-6)
    corner = box(0.0, 0.0, 0.25, 0.5)
    corner.warp(turn, 20, 20)
    np.testing.assert_allclose(corner.edges[0], [0.5, 0, 1, 0.25], atol=1e-6)


def test_boxes_that_leave_are_dropped_and_others_clipped() -> None:
    away = np.array([[1, 0, -15.0], [0, 1, 0], [0, 0, 1]])  # 15 of 20 pixels to the right
    inside, outside = box(0.1, 0.1, 0.5, 0.5), box(0.3, 0.1, 0.5, 0.5)
    inside.warp(away, 20, 20)
    outside.warp(away, 20, 20)
    np.testing.assert_allclose(inside.edges, [[0.85, 0.1, 1, 0.5]], atol=1e-6)
    assert len(outside) == 0
    constrained = box(0.1, 0.1, 0.5, 0.5)  # its centre is outside
    constrained.emit = EmitConstraint(emit_type=EmitConstraint.CENTER)
    constrained.warp(away, 20, 20)
    assert len(constrained) == 0


def test_prob_leaves_images_unchanged() -> None:
    blobs = Pipeline(warp(prob=0.25, max_rotation=90))([IMAGE] * 400, np.arange(400))
    assert (blobs != IMAGE).any((1, 2, 3)).mean() == pytest.approx(0.25, abs=0.08)


def test_fill_is_the_mean_or_fill_value() -> None:
    white = np.full((3, 20, 30), 255, np.uint8)
    of_mean = warp(fields={"mean_value": [10, 20, 30]}, min_zoom=0.5, max_zoom=0.5)
    given = warp(fields={"fill_value": [7]}, min_zoom=0.5, max_zoom=0.5)
    assert Pipeline(of_mean)([white], np.arange(1))[0, :, 0, 0].tolist() == [10, 20, 30]
    assert Pipeline(given)([white], np.arange(1))[0, :, 0, 0].tolist() == [7, 7, 7]
    with pytest.raises(LayerFault, match="2 values of fill_value"):
        Pipeline(warp(fields={"fill_value": [1, 2]}, max_rotation=5))([white], np.arange(1))


def test_perspective_keeps_corners_inside() -> None:
    white = np.full((1, 40, 40), 255, np.uint8)
    blobs = Pipeline(warp(max_perspective=0.5))([white] * 10, np.arange(10))
    assert (blobs[:, :, 10:30, 10:30] == 255).all(), "corners move by a quarter of the side at most"
    assert (blobs[:, :, 0, 0] == 0).sum() >= 8


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({"max_rotation": 200}, "max_rotation is 200; it has to be 0 to 180"),
        ({"min_zoom": 2}, "zooms from 2 to 1"),
        ({"max_perspective": 1}, "max_perspective is 1; it has to be 0 to 0.95"),
        ({"prob": -1}, "prob is -1"),
    ],
)
def test_ranges_are_checked(ranges: dict[str, float], message: str) -> None:
    with pytest.raises(LayerFault, match=message):
        warp(**ranges)
