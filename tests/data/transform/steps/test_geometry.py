"""Random perspective and zoom; the quadrilaterals are those that DeepDetect's augmentation computes."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.steps.geometry import Geometry
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN, GeometryParameter, TransformationParameter

IMAGE = np.zeros((3, 20, 30), np.uint8)
IMAGE[:, 8:13, 12:18] = 200
ALL = {"all_effects": True}


def geometry(phase: int = TRAIN, **fields: object) -> Geometry | None:
    return Geometry.of(TransformationParameter(geometry_param={"prob": 1, **fields}), phase)


def quads(
    fields: dict[str, object], drawn: list[float], rows: int, cols: int
) -> tuple[list[list[float]], list[list[float]]]:
    """What is shown of the image, and where: top left, top right, bottom right, bottom left.

    The fork enlarges the image by itself on each side; the sides of the image are counted from there.
    """
    zoom_in, zoom_out = fields.get("zoom_in"), fields.get("zoom_out")
    x0, x1, y0, y1 = cols, 2 * cols - 1, rows, 2 * rows - 1
    if zoom_in or zoom_out:
        if zoom_in and zoom_out:
            zoom_in, zoom_out = drawn[0] < 0.5, drawn[0] >= 0.5
        sign = 1 if zoom_in else -1
        x0, y0 = cols + sign * cols * 0.25 * drawn[1], rows + sign * rows * 0.25 * drawn[2]
        x1, y1 = 3 * cols - x0, 3 * rows - y0
    out = [[0, 0], [cols - 1, 0], [cols - 1, rows - 1], [0, rows - 1]]
    if fields.get("persp_horizontal"):
        one, other = (0, 3) if drawn[3] < 0.5 else (1, 2)
        out[one][1] = rows * 0.25 * drawn[4]
        out[other][1] = rows - out[one][1]
    if fields.get("persp_vertical"):
        one, other = (3, 2) if drawn[5] < 0.5 else (0, 1)
        out[one][0] = cols * 0.25 * drawn[6]
        out[other][0] = cols - out[one][0]
    source = [[x - cols, y - rows] for x, y in ([x0, y0], [x1, y0], [x1, y1], [x0, y1])]
    return source, out


@pytest.mark.parametrize(
    "names",
    [
        ["zoom_in"],
        ["zoom_out"],
        ["zoom_in", "zoom_out"],
        ["persp_horizontal"],
        ["persp_vertical"],
        ["zoom_in", "zoom_out", "persp_horizontal", "persp_vertical"],
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_matrix_maps_corners_as_the_fork_does(names: list[str], seed: int) -> None:
    fields: dict[str, object] = dict.fromkeys(names, True)
    drawn = np.random.default_rng(seed).random(7).tolist()
    step = geometry(**fields)
    assert step is not None
    matrix = step.matrix(drawn, 20, 30)
    for shown, place in zip(*quads(fields, drawn, 20, 30), strict=True):
        u, v, w = matrix @ [*place, 1]
        np.testing.assert_allclose([u / w, v / w], shown, atol=1e-9)


def test_all_effects_are_the_four_together() -> None:
    drawn = np.random.default_rng(7).random(7).tolist()
    names = ("zoom_in", "zoom_out", "persp_horizontal", "persp_vertical")
    steps = geometry(**ALL), geometry(**dict.fromkeys(names, True))
    one, other = (step.matrix(drawn, 20, 30) for step in steps if step is not None)
    np.testing.assert_array_equal(one, other)


def test_geometry_is_for_training_alone_and_as_often_as_prob_says() -> None:
    assert geometry(TEST, **ALL) is None
    never, always = geometry(prob=0, **ALL), geometry(**ALL)
    numbers = np.arange(8)
    images = [IMAGE] * 8
    assert all((blob == IMAGE).all() for blob in Pipeline(never)(images, numbers))
    changed = [not (blob == IMAGE).all() for blob in Pipeline(always)(images, numbers)]
    assert all(changed)
    some = [not (blob == IMAGE).all() for blob in Pipeline(geometry(prob=0.5, **ALL))(images, numbers)]
    assert 0 < sum(some) < 8


def test_without_effects_images_stay() -> None:
    blob = Pipeline(geometry())([IMAGE], np.array([0]))
    np.testing.assert_array_equal(blob[0], IMAGE)


def test_boxes_and_masks_move_along() -> None:
    for number in range(12):
        edges = np.array([[12 / 30, 8 / 20, 18 / 30, 13 / 20]], np.float32)
        boxes, masks = [Boxes(edges, np.ones((1, 3), np.float32))], [(IMAGE[:1] > 0).astype(np.float32)]
        step = geometry(pad_mode=GeometryParameter.CONSTANT, **ALL)
        blob = Pipeline(step)([IMAGE], np.array([number]), boxes=boxes, masks=masks)
        rows, columns = np.nonzero(blob[0, 0] > 100)
        moved = boxes[0].edges[0] * [30, 20, 30, 20]
        limits = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(moved, limits, atol=1.2)
        assert ((masks[0][0] == 1) == (blob[0, 0] > 100)).mean() > 0.95


def test_pad_modes_fill_what_zooming_out_adds() -> None:
    bright = np.full((3, 20, 30), 90, np.uint8)
    drawn = {mode: geometry(zoom_out=True, pad_mode=mode) for mode in (1, 2, 3)}
    least = {mode: Pipeline(step)([bright], np.array([3])).min() for mode, step in drawn.items()}
    assert least[GeometryParameter.CONSTANT] == 0
    assert least[GeometryParameter.MIRRORED] == least[GeometryParameter.REPEAT_NEAREST] == 90


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"prob": 2}, "prob is 2; it has to be 0 to 1"),
        ({"persp_factor": 0.5}, "persp_factor is 0.5"),
        ({"zoom_in": True, "zoom_factor": 0.5}, "zoom_factor is 0.5; it has to be 0 to 0.49"),
        ({"zoom_out": True, "zoom_factor": 1.5}, "zoom_factor is 1.5; it has to be 0 to 1"),
    ],
)
def test_mistakes_name_the_field(fields: dict[str, object], message: str) -> None:
    with pytest.raises(LayerFault, match=message) as caught:
        geometry(**fields)
    assert caught.value.field == f"transform_param.geometry_param.{message.split(maxsplit=1)[0]}"
