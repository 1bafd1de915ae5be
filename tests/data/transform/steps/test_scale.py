import numpy as np

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.scale import Scale
from layerzoo.schema import TEST, TransformationParameter


def test_scale_multiplies_in_single_precision():
    out = Pipeline(Scale(1 / 3))(np.full((1, 1, 1, 1), 255, np.uint8), np.arange(1))
    assert out.dtype == np.float32
    assert out.item() == np.float32(255) * np.float32(1 / 3)


def test_of_returns_none_for_scale_one():
    assert Scale.of(TransformationParameter(), TEST) is None
    assert Scale.of(TransformationParameter(scale=0.5), TEST).factor == 0.5
