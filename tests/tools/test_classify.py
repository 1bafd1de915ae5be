"""The tool with a net whose scores are the channel means of its input."""

import numpy as np
import pytest
from PIL import Image as Pillow

from layerzoo.errors import DataError, UsageError
from layerzoo.net import Net
from layerzoo.tools.classify import main

NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }
layer { name: "prob" type: "Pooling" bottom: "data" top: "prob"
  pooling_param { pool: AVE global_pooling: true } }
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    Net("net.prototxt").save_weights("net.caffemodel")
    (tmp_path / "images").mkdir()
    for name, colour in {"b.png": (10, 20, 30), "a.png": (40, 50, 60)}.items():
        Pillow.new("RGB", (6, 6), colour).save(tmp_path / "images" / name)
    return tmp_path


COMMON = ["--model_def", "net.prototxt", "--pretrained_model", "net.caffemodel", "--images_dim", "6,6"]


def scores():
    saved = np.load("out.npy")
    return saved.reshape(len(saved), -1)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("crops", [[], ["--center_only"]])
def test_scores_of_an_image_in_bgr(crops, capsys):
    assert main(["images/b.png", "out.npy", *COMMON, *crops, "--mean_file", ""]) == 0
    np.testing.assert_allclose(scores(), [[30, 20, 10]], rtol=1e-5)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["CPU mode", "Loading file: images/b.png", "Classifying 1 inputs."]
    assert lines[-1] == "Saving results into out.npy"


@pytest.mark.usefixtures("place")
def test_scores_of_a_folder_sorted_by_name_minus_the_mean():
    np.save("mean.npy", np.ones((3, 4, 4)) * np.array([5, 6, 7])[:, None, None])
    more = ["--mean_file", "mean.npy", "--ext", "png", "--input_scale", "2", "--channel_swap", "0,1,2"]
    assert main(["images", "out.npy", *COMMON, *more]) == 0
    np.testing.assert_allclose(scores(), [[70, 88, 106], [10, 28, 46]], rtol=1e-4)


@pytest.mark.usefixtures("place")
def test_scores_of_an_npy_with_raw_scale():
    images = np.ones((3, 6, 6, 3), np.float32) * np.array([0.1, 0.2, 0.3], np.float32)
    np.save("in.npy", images)
    assert main(["in.npy", "out.npy", *COMMON, "--mean_file", "", "--raw_scale", "10", "--center_only"]) == 0
    np.testing.assert_allclose(scores(), [[3, 2, 1]] * 3, rtol=1e-5)


@pytest.mark.usefixtures("place")
def test_usage_and_data_errors():
    with pytest.raises(UsageError, match="no file 'models/bvlc_reference_caffenet/deploy"):
        main(["images/a.png", "out.npy"])
    with pytest.raises(UsageError, match="set another with --mean_file"):
        main(["images/a.png", "out.npy", *COMMON])
    with pytest.raises(DataError, match=r"images: contains no \*.jpg"):
        main(["images", "out.npy", *COMMON, "--mean_file", ""])
    with pytest.raises(DataError, match=r"^none.png: No such file or directory$"):
        main(["none.png", "out.npy", *COMMON, "--mean_file", ""])
    with pytest.raises(UsageError, match="expected height,width"):
        main(["images/a.png", "out.npy", *COMMON, "--images_dim", "6"])
