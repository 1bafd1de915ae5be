"""Steps that are left for the net's device."""

from __future__ import annotations

import numpy as np

from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.schema import TRAIN, TransformationParameter


def test_the_last_steps_that_can_are_deferred() -> None:
    fields = {"jpeg_param": {}, "gray_prob": 0.5, "mean_value": [1.0], "crop_size": 4, "scale": 2.0}
    steps = transform_steps(TransformationParameter(on_device=True, **fields), TRAIN)
    pipeline = Pipeline(*steps)
    assert [type(step).__name__ for step in pipeline.deferred] == ["Mean", "Crop", "Scale"]
    image = np.random.default_rng(0).integers(0, 256, (3, 9, 9), dtype=np.uint8)
    hosted = pipeline([image, image], np.arange(2))
    assert hosted.dtype == np.uint8
    assert hosted.shape == (2, 3, 9, 9)
    assert pipeline.top_shape((3, 9, 9)) == (3, 4, 4)
    assert not Pipeline(*transform_steps(TransformationParameter(**fields), TRAIN)).deferred
