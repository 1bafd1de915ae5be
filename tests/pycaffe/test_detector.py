from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

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


def test_detect_windows_scores_each_window(files: tuple[str, str, str]) -> None:
    detector = caffe.Detector(*files[:2])
    windows = [(2, 3, 6, 7), (6, 0, 10, 4)]
    found = detector.detect_windows([(files[2], windows)])
    assert [detection["window"] for detection in found] == windows
    assert found[0]["filename"] == files[2]
    assert found[0]["prediction"] == pytest.approx([3 * 64 + 1] * 2)
    assert found[1]["prediction"] == pytest.approx([1, 1])


def test_crop_adds_context_padded_with_the_mean(files: tuple[str, str, str]) -> None:
    detector = caffe.Detector(*files[:2], mean=np.array([0.5, 0.5, 0.5]), context_pad=2)
    assert detector.crop_mean.shape == (8, 8, 3)
    image = caffe.io.load_image(files[2])
    crop = detector.crop(image, np.array([2, 3, 5, 6]))  # all white, 4 x 4; 8 x 8 with context
    assert crop.shape == (8, 8, 3)
    assert crop[4, 4].tolist() == [1, 1, 1]
    assert crop[0, 0].tolist() == crop[-1, -1].tolist() == [0, 0, 0], "a window inside fills the input"
    assert detector.crop_dims.tolist() == [8, 8, 3]
    corner = detector.crop(image, np.array([0, 0, 3, 3]))
    assert corner[0, 0].tolist() == [0.5] * 3
    detector.configure_crop(None)
    assert detector.crop(image, np.array([2, 3, 5, 6])).shape == (3, 3, 3)


def test_context_pad_that_covers_the_input_is_refused(files: tuple[str, str, str]) -> None:
    detector = caffe.Detector(*files[:2], context_pad=4)
    with pytest.raises(UsageError, match="context_pad 4 on both sides covers the whole input"):
        detector.detect_windows([(files[2], [(0, 0, 3, 3)])])


def test_predictions_keep_the_shape_of_the_output(write: Write, files: tuple[str, str, str]) -> None:
    write(
        "input: 'x' input_shape { dim: 2 dim: 3 dim: 8 dim: 8 } "
        "layer { type: 'Pooling' name: 'p' bottom: 'x' top: 'y' "
        "pooling_param { pool: AVE global_pooling: true } }"
    )
    detector = caffe.Detector(*files[:2])
    (found,) = detector.detect_windows([(files[2], [(2, 3, 6, 7)])])
    np.testing.assert_allclose(found["prediction"], np.ones((3, 1, 1)), rtol=1e-6)


def test_detect_selective_search_scores_the_proposals(
    files: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = ModuleType("selective_search_ijcv_with_python")
    search.get_windows = lambda names, cmd: [[(2, 3, 6, 7)] for _ in names]  # type: ignore[attr-defined]  # made here
    monkeypatch.setitem(sys.modules, search.__name__, search)
    monkeypatch.chdir(tmp_path)
    (found,) = caffe.Detector(*files[:2]).detect_selective_search(["i.png"])
    assert found["filename"] == files[2]
    assert found["window"] == (2, 3, 6, 7)
