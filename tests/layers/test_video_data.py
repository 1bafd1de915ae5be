from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from layerzoo import image_file
from layerzoo.errors import DataError, LayerFault
from layerzoo.layers.video_data import VideoData
from layerzoo.schema import TEST, TRAIN
from tests.data.test_clips import OpenCV


def write(folder, names):
    """Uniform images of 8 x 8 with the grey levels given by name."""
    folder.mkdir()
    for name, level in names.items():
        Pillow.fromarray(np.full((8, 8), level, np.uint8)).save(folder / name)


def example(folder):
    """For the tests over all layer types."""
    write(folder / "v", {f"image_{i:04d}.jpg": 20 * i for i in range(1, 7)})
    (folder / "list.txt").write_text(f"{folder}/v 6 1\n")
    return f"""layer {{ name: "l" type: "VideoData" top: "x" top: "y"
  video_data_param {{ source: "{folder}/list.txt" num_segments: 2 new_length: 2 batch_size: 2 }} }}"""


@pytest.fixture
def video(make, tmp_path):
    made = []

    def video(lines="", phase=TEST, transform=None, tops=("x", "y"), **fields):
        if lines:
            (tmp_path / "list.txt").write_text(lines)
            fields["source"] = str(tmp_path / "list.txt")
        layer = make(
            "VideoData",
            phase=phase,
            top=tops,
            video_data_param={"root_folder": f"{tmp_path}/", **fields},
            transform_param=transform or {},
            data_param={"batch_size": 2} if "video_file" in fields else {},
        )
        made.append(layer)
        return layer

    yield video
    for layer in made:
        layer.close()


def levels(blob):
    """The rounded grey levels of the first pixels of a sample's channels."""
    return [round(float(v) / 10) * 10 for v in blob[..., 0, 0].flatten()]


def test_segments_of_colour_images_follow_each_other(video, tmp_path):
    write(tmp_path / "a", {f"image_{i:04d}.jpg": 20 * i for i in range(1, 7)})
    layer = video("a 6 3\n", num_segments=2, new_length=1)
    x, y = layer()
    assert [x.shape, y.shape] == [(1, 6, 8, 8), (1,)] == VideoData.top_shapes(layer.param, [])
    assert levels(x[0]) == [40] * 3 + [100] * 3  # the second of each three
    assert y.tolist() == [3]


def test_places_in_train_are_random_and_depend_on_the_sample_alone(video, tmp_path):
    write(tmp_path / "a", {f"image_{i:04d}.jpg": 20 * i for i in range(1, 9)})
    layer = video("a 8 3\n", phase=TRAIN, num_segments=2, new_length=1, batch_size=30, is_color=False)
    x = layer()[0]
    assert {levels(sample)[0] for sample in x} == {20, 40, 60, 80}
    assert {levels(sample)[1] for sample in x} == {100, 120, 140, 160}
    again = video("a 8 3\n", phase=TRAIN, num_segments=2, new_length=1, batch_size=30, is_color=False)
    assert torch.equal(again()[0], x)


def test_flow_has_x_and_y_of_each_frame(video, tmp_path):
    names = {f"f_{c}_{i:02d}.jpg": 20 * i + 100 * (c == "y") for c in "xy" for i in range(1, 4)}
    write(tmp_path / "a", names)
    layer = video("a 3 0\n", modality="FLOW", new_length=3, name_pattern="f_%c_%02d.jpg")
    assert levels(layer()[0][0]) == [20, 120, 40, 140, 60, 160]


def test_mean_values_repeat_for_each_frame(video, tmp_path):
    write(tmp_path / "a", {f"image_{i:04d}.jpg": 100 for i in range(1, 3)})
    layer = video("a 2 0\n", num_segments=2, transform={"mean_value": [10, 20, 30]})
    assert levels(layer()[0][0]) == [90, 80, 70] * 2


def test_clips_have_an_axis_of_time(video, tmp_path):
    write(tmp_path / "a", {f"{i:06d}.jpg": 20 * i for i in range(1, 9)})
    layer = video("a 2 5\n", new_length=3, sampling_rate=2, new_height=4, new_width=6)
    x, y = layer()
    assert [x.shape, y.tolist()] == [(1, 3, 3, 4, 6), [5]]
    assert VideoData.top_shapes(layer.param, [])[0] == VideoData.declared_batch(layer.param) == x.shape
    assert levels(x[0]) == [40, 80, 120] * 3


def test_frames_of_a_file_are_images(video, tmp_path, monkeypatch):
    monkeypatch.setattr(image_file, "opencv", lambda: OpenCV)
    (tmp_path / "film.avi").touch()
    layer = video(tops=("x",), video_type="VIDEO", video_file=str(tmp_path / "film.avi"), skip_frames=1)
    x = layer()
    assert [x.shape] == [(2, 3, 2, 3)] == VideoData.top_shapes(layer.param, [])
    assert x[:, 0, 0, 0].tolist() == [1, 3]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "source is missing"),
        ({"source": "none.txt", "num_segments": 2}, "'none.txt' can't be opened"),
        ({"source": "l", "video_type": "VIDEO"}, "video_type is of SSD's VideoData, source of another"),
        ({"device_id": 0}, "frames of a camera can't be read"),
        ({"source": "l", "use_temporal_jitter": True}, "use_temporal_jitter is not supported"),
        ({"source": "l", "new_height": 3}, "new_height without new_width"),
        ({"source": "l", "new_length": 0}, "new_length must be at least 1"),
        ({"source": "l", "new_length": 40000}, "40000 frames of 1 segments"),
        ({"source": "l", "batch_size": 0}, "batch_size must be at least 1"),
    ],
)
def test_mistakes(shapes, fields, message):
    with pytest.raises(LayerFault, match=message):
        shapes("VideoData", top=["x", "y"], video_data_param=fields)


def test_missing_frame_names_the_list(video, tmp_path):
    write(tmp_path / "a", {"image_0001.jpg": 0})
    with pytest.raises(DataError, match=r"image_0002\.jpg \(.*list\.txt:1\)"):
        video("a 2 0\n", num_segments=2)()
