from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from tests.pycaffe.conftest import Write

SUMS = (
    "input: 'data' input_shape { dim: 4 dim: 3 dim: 2 dim: 2 } layer { name: 'sums' type: 'InnerProduct' "
    "bottom: 'data' top: 'sums' inner_product_param { num_output: 2 "
    "weight_filler { type: 'constant' value: 1 } bias_filler { type: 'constant' value: 1 } } }"
)


@pytest.fixture
def files(write: Write, tmp_path: Path) -> tuple[str, str]:
    net = caffe.Net(write(SUMS), caffe.TEST)
    net.save(str(tmp_path / "w.caffemodel"))
    return str(tmp_path / "net.prototxt"), str(tmp_path / "w.caffemodel")


def test_predict_scores_by_hand(files: tuple[str, str]) -> None:
    classifier = caffe.Classifier(*files, image_dims=(4, 4), raw_scale=10, mean=np.array([1.0, 1, 1]))
    images = [np.full((4, 4, 3), value, np.float32) for value in (0.5, 1)]
    for oversample in (True, False):
        scores = classifier.predict(images, oversample=oversample)
        np.testing.assert_allclose(scores, [[12 * 4 + 1] * 2, [12 * 9 + 1] * 2], rtol=1e-5)


def test_predict_without_oversample_uses_the_centre_crop(files: tuple[str, str]) -> None:
    classifier = caffe.Classifier(*files, image_dims=[4, 4])
    image = np.zeros((4, 4, 3), np.float32)
    image[1:3, 1:3] = 1
    assert classifier.predict([image], oversample=False).tolist() == [[13, 13]]
    assert classifier.predict([image]).tolist() == [[pytest.approx((4 * 4 + 13) / 5)] * 2]


def test_image_dims_default_to_the_nets_input_size(files: tuple[str, str]) -> None:
    classifier = caffe.Classifier(*files)
    assert list(classifier.image_dims) == [2, 2]
    assert classifier.predict([np.ones((5, 5, 3))]).shape == (1, 2)
