from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import layerzoo.pycaffe as caffe
from layerzoo.errors import UsageError
from tests.pycaffe.conftest import Write
from tests.pycaffe.test_classifier import SUMS


@pytest.fixture
def files(write: Write, tmp_path: Path) -> tuple[str, str, str]:
    text = SUMS.replace("dim: 2 dim: 2", "dim: 8 dim: 8")
    caffe.Net(write(text), caffe.TEST).save(str(tmp_path / "w"))
    image = np.zeros((10, 10, 3), np.uint8)
    image[2:6, 3:7] = 255
    Image.fromarray(image).save(tmp_path / "i.png")
    return str(tmp_path / "net.prototxt"), str(tmp_path / "w"), str(tmp_path / "i.png")


def test_windows(files: tuple[str, str, str]) -> None:
    detector = caffe.Detector(*files[:2])
    windows = [(2, 3, 6, 7), (6, 0, 10, 4)]
    found = detector.detect_windows([(files[2], windows)])
    assert [detection["window"] for detection in found] == windows
    assert found[0]["filename"] == files[2]
    assert found[0]["prediction"] == pytest.approx([3 * 64 + 1] * 2)
    assert found[1]["prediction"] == pytest.approx([1, 1])


def test_surroundings_are_added_and_padded_with_the_mean(files: tuple[str, str, str]) -> None:
    detector = caffe.Detector(*files[:2], mean=np.array([0.5, 0.5, 0.5]), context_pad=2)
    assert detector.crop_mean.shape == (8, 8, 3)
    image = caffe.io.load_image(files[2])
    crop = detector.crop(image, np.array([2, 3, 5, 6]))  # all white, 4 x 4; twice that with surroundings
    assert crop.shape == (8, 8, 3)
    assert crop[4, 4].tolist() == [1, 1, 1]
    corner = detector.crop(image, np.array([0, 0, 3, 3]))
    assert corner[0, 0].tolist() == [0.5] * 3
    detector.configure_crop(None)
    assert detector.crop(image, np.array([2, 3, 5, 6])).shape == (3, 3, 3)


def test_surroundings_that_leave_nothing_of_the_input_are_refused(files: tuple[str, str, str]) -> None:
    detector = caffe.Detector(*files[:2], context_pad=4)
    with pytest.raises(UsageError, match="a context_pad of 4 on both sides leaves nothing"):
        detector.detect_windows([(files[2], [(0, 0, 3, 3)])])
