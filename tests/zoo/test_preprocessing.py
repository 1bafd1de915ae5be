"""Conversion of images to net inputs."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.errors import DataError, ZooError
from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.net import Net, graph_of
from layerzoo.schema import TEST, NetState
from layerzoo.zoo.preprocessing import Preprocessing, preprocessing_of


def graph(text: str) -> Graph:
    return graph_of(parse_net(text, format="yaml"), NetState(phase=TEST))


def png(pixels: list[list[object]]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.array(pixels, np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_channel_order_mean_and_scale_are_applied() -> None:
    how = Preprocessing(3, "BGR", (1, 2), mean_value=(10.0, 20.0, 30.0), scale=0.5)
    image = how.image(png([[(50, 40, 30), (0, 0, 0)]]), "x")
    assert how([image]).tolist() == [[[[10.0, -5.0]], [[10.0, -10.0]], [[10.0, -15.0]]]]
    rgb = Preprocessing(3, "RGB", (1, 2))
    assert rgb([rgb.image(png([[(50, 40, 30), (0, 0, 0)]]), "x")])[0, :, 0, 0].tolist() == [50, 40, 30]


def test_values_are_scaled_before_the_mean_and_the_centre_is_cropped() -> None:
    how = Preprocessing(1, "GREY", (3, 3), value_scale=1 / 255, crop_size=1, mean_value=(0.5,), scale=2)
    image = how.image(png([[0, 0, 0], [0, 255, 0], [0, 0, 0]]), "x")
    assert how([image, image]).tolist() == [[[[1.0]]], [[[1.0]]]]
    assert how.shape == (1, 1, 1)


def test_images_of_any_size_and_format_are_converted() -> None:
    how = Preprocessing(1, "GREY", (2, 2))
    coloured = how.image(png([[(255, 255, 255)] * 4] * 6), "x")
    assert how([coloured]).tolist() == [[[[255, 255], [255, 255]]]]
    with pytest.raises(DataError, match="x: not an image"):
        how.image(b"nonsense", "x")


def test_preprocessing_matches_its_data_layer(tmp_path: Path) -> None:
    """An ImageData layer and the preprocessing derived from it compute the same input."""
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (9, 7, 3), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "list.txt").write_text(f"{tmp_path / 'a.png'} 0\n")
    text = f"""
layer:
- name: data
  type: ImageData
  top: [data, label]
  image_data_param: {{source: "{tmp_path}/list.txt", batch_size: 1, new_height: 6, new_width: 8}}
  transform_param: {{crop_size: 4, mean_value: [100, 110, 120], scale: 0.25}}
"""
    found = preprocessing_of(graph(text))
    assert found is not None
    how, mean = found
    assert mean is None
    assert (how.size, how.crop_size, how.order) == ((6, 8), 4, "BGR")
    fed = Net(parse_net(text, format="yaml"), "TEST")()["data"].numpy()
    np.testing.assert_array_equal(how([how.image((tmp_path / "a.png").read_bytes(), "a")]), fed)


def test_digits_are_prepared_as_the_net_is_tested_on_them() -> None:
    text = """
layer:
- {name: digits, type: Dataset, top: [data, label],
   dataset_param: {name: digits, split: test, batch_size: 2, size: 8}}
"""
    found = preprocessing_of(graph(text))
    assert found is not None
    how, _ = found
    fed = Net(parse_net(text, format="yaml"), "TEST")()["data"].numpy()
    images = [how.image(png(np.rint(image[0] * 255).tolist()), "x") for image in fed]
    np.testing.assert_allclose(how(images), fed, atol=0.5 / 255)


def test_preprocessing_round_trips_through_a_manifest(tmp_path: Path) -> None:
    how = Preprocessing(3, "BGR", (256, 256), crop_size=227, mean_file="mean.npy", folder=tmp_path)
    facts = how.facts()
    assert facts == {
        "channels": 3,
        "order": "BGR",
        "size": [256, 256],
        "crop_size": 227,
        "mean_file": "mean.npy",
    }
    assert Preprocessing.parse(facts) == how
    np.save(tmp_path / "mean.npy", np.full((3, 256, 256), 7, np.float32))
    image = np.full((3, 256, 256), 9, np.uint8)
    assert how([image]).shape == (1, 3, 227, 227)
    assert (how([image]) == 2).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": [0, 5]}, "size"),
        ({"size": [10**6, 5]}, "at most 16384 pixels"),
        ({"size": 5}, "not iterable"),
        ({"channels": 7}, "invalid channel order GREY for 7 channels"),
        ({"order": "XYZ"}, "invalid channel order XYZ"),
        ({"mean_file": "../mean.npy"}, "not in the entry's folder"),
        ({"mean_value": [1, 2]}, "2 values of mean_value"),
        ({"run": "rm"}, "unknown fields: run"),
        ({"crop_size": 1e400}, "infinity"),
        ({"scale": 1e39}, "finite in single precision"),
        ({"mean_value": [float("nan")]}, "finite in single precision"),
        ({"mean_file": "\udc80"}, "not in the entry's folder"),
    ],
)
def test_invalid_preprocessing_is_refused(change: dict[str, object], said: str) -> None:
    facts = {"channels": 1, "order": "GREY", "size": [8, 8], **change}
    with pytest.raises(ZooError, match=said):
        Preprocessing.parse(facts)
