"""Covered rectangles."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.transform.steps.cutout import Cutout
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TEST, TRAIN, TransformationParameter

WHITE = np.full((3, 40, 60), 255, np.uint8)


def blobs(images: int = 50, fields: dict[str, object] | None = None, **settings: float) -> np.ndarray:
    param = TransformationParameter(cutout_param=settings, **(fields or {}))
    return Pipeline(*transform_steps(param, TRAIN))([WHITE] * images, np.arange(images))


def test_one_rectangle_of_the_given_size_is_covered() -> None:
    covered = blobs(min_side=0.25, max_side=0.25) == 0
    assert (covered == covered[:, :1]).all(), "all channels alike"
    rows, columns = covered[:, 0].any(2).sum(1), covered[:, 0].any(1).sum(1)
    assert rows.max() == 10
    assert columns.max() == 15
    assert (covered[:, 0].sum((1, 2)) == rows * columns).all()
    assert len(np.unique(covered, axis=0)) > 45


def test_number_of_rectangles_and_probability() -> None:
    many = (blobs(100, prob=0.5, max_side=0.1) == 0).any((1, 2, 3))
    assert many.mean() == pytest.approx(0.5, abs=0.15)
    three = (blobs(20, count=3, min_side=0.1, max_side=0.1) == 0)[:, 0].sum((1, 2))
    assert 2.2 * 24 < three.mean() <= 3 * 24


def test_fill_is_zero_after_the_mean_or_fill_value() -> None:
    of_mean = blobs(1, {"mean_value": [10, 20, 30]}, min_side=1, max_side=1)
    assert (of_mean[0] == 0).any((1, 2)).all()
    given = blobs(1, {"mean_value": [10, 20, 30], "fill_value": [40], "scale": 0.5}, min_side=1, max_side=1)
    assert given[0].reshape(3, -1).min(1).tolist() == [15, 10, 5]


def test_fields_are_checked() -> None:
    assert Cutout.of(TransformationParameter(cutout_param={}), TEST) is None
    with pytest.raises(LayerFault, match=r"sides from 0 to 0.5"):
        blobs(min_side=0)
    with pytest.raises(LayerFault, match="count is 101"):
        blobs(count=101)
    with pytest.raises(LayerFault, match="prob is 2"):
        blobs(prob=2)
    with pytest.raises(DataError, match="2 values of fill_value for 3 channels"):
        blobs(1, {"fill_value": [1, 2]})
