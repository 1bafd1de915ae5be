"""``resize_param``; results of SSD are compared in the tests of ImageData and AnnotatedData."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.draws import StreamKey
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.steps.resize_policy import ResizePolicy, resize_boxes
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, ResizeParameter, TransformationParameter


def step(*policies: dict[str, object]) -> ResizePolicy:
    made = ResizePolicy.of(TransformationParameter(resize_param=policies), TEST)
    assert made is not None
    return made


IMAGE = np.full((1, 10, 20), 50, np.uint8)


@pytest.mark.parametrize(
    ("mode", "shape"),
    [("WARP", (1, 8, 8)), ("FIT_SMALL_SIZE", (1, 8, 16)), ("FIT_LARGE_SIZE_AND_PAD", (1, 8, 8))],
)
def test_top_shape_is_that_of_the_result(mode: str, shape: tuple[int, int, int]) -> None:
    made = step({"resize_mode": mode, "height": 8, "width": 8})
    assert made.top_shape((1, 10, 20)) == shape
    assert Pipeline(made)([IMAGE], np.arange(1)).shape == (1, *shape)


@pytest.mark.parametrize(
    ("fields", "first"),
    [({"pad_value": [9]}, 9), ({"pad_mode": "MIRRORED"}, 50), ({"pad_mode": "REPEAT_NEAREST"}, 50), ({}, 0)],
)
def test_padding(fields: dict[str, object], first: int) -> None:
    made = step({"resize_mode": "FIT_LARGE_SIZE_AND_PAD", "height": 8, "width": 8, **fields})
    result = Pipeline(made)([IMAGE], np.arange(1))[0, 0]
    assert result[:2].ravel().tolist() == [first] * 16
    assert result[2:6].ravel().tolist() == [50] * 32


@pytest.mark.parametrize(
    ("size", "fields", "wanted"),
    [
        ((10, 20), {"resize_mode": "WARP"}, [0.1, 0.2, 0.5, 1.0]),
        # the image fills the middle half of the height, or of the width
        ((10, 20), {"resize_mode": "FIT_LARGE_SIZE_AND_PAD"}, [0.1, 0.35, 0.5, 0.75]),
        ((20, 10), {"resize_mode": "FIT_LARGE_SIZE_AND_PAD"}, [0.3, 0.2, 0.5, 1.0]),
        ((10, 20), {"resize_mode": "FIT_SMALL_SIZE"}, [0.1, 0.2, 0.5, 1.0]),
    ],
)
def test_resize_boxes(size: tuple[int, int], fields: dict[str, object], wanted: list[float]) -> None:
    made = Boxes(np.array([[0.1, 0.2, 0.5, 1.0]], np.float32), np.zeros((1, 3), np.float32))
    resize_boxes(made, ResizeParameter(height=8, width=8, **fields), *size)
    np.testing.assert_allclose(made.edges, [wanted], atol=1e-6)


def test_one_policy_is_drawn_for_a_batch() -> None:
    made = step({"prob": 0.5, "height": 4, "width": 4}, {"prob": 0.5, "height": 6, "width": 6})
    assert made.random
    heights = {Pipeline(made)([IMAGE] * 2, np.arange(n, n + 2)).shape[2] for n in range(0, 40, 2)}
    assert heights == {4, 6}


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_the_policy_of_a_batch_is_the_same_in_all_processes(ranks: int) -> None:
    resize = step({"prob": 0.5, "height": 4, "width": 4}, {"prob": 0.5, "height": 6, "width": 6})
    key = StreamKey(3, 4)

    def heights(number: int, rank: int, ranks: int) -> int:
        numbers = np.arange(4 * number + rank, 4 * number + 4, ranks)
        return int(Pipeline(resize)([IMAGE] * len(numbers), numbers, key).shape[2])

    whole = [heights(number, 0, 1) for number in range(20)]
    assert set(whole) == {4, 6}
    for rank in range(ranks):
        assert [heights(number, rank, ranks) for number in range(20)] == whole


def test_one_interpolation_is_drawn_for_an_image() -> None:
    made = step({"height": 1, "width": 3, "interp_mode": ["NEAREST", "AREA"]})
    image = np.array([[[0, 100, 200, 40]]], np.uint8)
    results = Pipeline(made)([image] * 30, np.arange(30))[:, 0, 0, 0]
    assert set(results.tolist()) == {0, 25}


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        ([{"height": 3}], "width of resize_param is 0"),
        ([{"prob": 0, "height": 1, "width": 1}] * 2, "none of the resize_param has a prob above 0"),
        ([{"prob": -1, "height": 1, "width": 1}, {"height": 1, "width": 1}], "prob is -1; it has to be 0 to"),
        ([{"prob": np.inf, "height": 1, "width": 1}] * 2, "prob is inf; it has to be 0 to 1"),
    ],
)
def test_faults(policies: list[dict[str, object]], message: str) -> None:
    with pytest.raises(LayerFault, match=message):
        step(*policies)
