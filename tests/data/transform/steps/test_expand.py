"""Images in larger ones."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.steps.expand import Expand
from layerzoo.errors import LayerFault
from layerzoo.schema import TRAIN, TransformationParameter


def expanded(count: int, **fields: float) -> list[tuple[np.ndarray, Boxes]]:
    param = TransformationParameter(expand_param=fields, mean_value=[7, 8, 9])
    step = Expand.of(param, TRAIN)
    assert step is not None
    image = np.full((3, 10, 20), 255, np.uint8)
    batch = Batch([image] * count, np.arange(count))
    batch.boxes = [
        Boxes(np.array([[0, 0, 1, 1]], np.float32), np.zeros((1, 3), np.float32)) for _ in range(count)
    ]
    step(batch)
    return list(zip(batch.images, batch.boxes, strict=True))


def test_expand_puts_the_image_at_the_place_of_its_box() -> None:
    sizes = []
    for image, boxes in expanded(50, max_expand_ratio=4):
        _, height, width = image.shape
        left, top, right, bottom = (boxes.edges[0] * [width, height, width, height]).round().astype(int)
        assert (right - left, bottom - top) == (20, 10)
        assert (image[:, top:bottom, left:right] == 255).all()
        assert (image == 255).sum() == 3 * 200
        rest = image[:, 0, 0] if top or left else image[:, -1, -1]
        assert rest.tolist() in ([7, 8, 9], [255] * 3), "the mean around it"
        sizes.append(width)
    assert min(sizes) < 30
    assert max(sizes) > 70


def test_prob_is_the_share_of_expanded_images() -> None:
    wide = [image.shape[2] > 20 for image, _ in expanded(400, prob=0.5, max_expand_ratio=4)]
    assert np.mean(wide) == pytest.approx(0.5, abs=0.1)
    assert all(image.shape == (3, 10, 20) for image, _ in expanded(5, max_expand_ratio=1))


def test_ratio_below_1_is_a_fault() -> None:
    with pytest.raises(LayerFault, match=r"max_expand_ratio is 0.5"):
        Expand.of(TransformationParameter(expand_param={"max_expand_ratio": 0.5}), TRAIN)
