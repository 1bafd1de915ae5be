import numpy as np

from layerzoo.data.draws import Draws
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.mirror import Mirror
from layerzoo.schema import TEST, TransformationParameter


def test_mirror_follows_the_first_number_of_each_sample():
    images, numbers = np.array([[[[1, 2, 3]]]] * 8, np.uint8), np.arange(30, 38)
    out = Pipeline(Mirror())(images, numbers, key=5)
    flips = Draws(5, numbers, 3).below(2, 0).tolist()
    assert out[:, 0, 0].tolist() == [[3, 2, 1] if flip else [1, 2, 3] for flip in flips]
    assert set(flips) == {0, 1}


def test_of_returns_none_without_mirror():
    assert Mirror.of(TransformationParameter(), TEST) is None
    assert Mirror.of(TransformationParameter(mirror=True), TEST).random
