from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from layerzoo.pycaffe import io
from layerzoo.pycaffe.proto import caffe_pb2


def _blob() -> Any:
    return caffe_pb2.BlobProto()  # type: ignore[attr-defined]  # made by reflection


def test_blobproto_to_array_with_old_and_new_shapes() -> None:
    blob = _blob()
    blob.data.extend(range(6))
    with pytest.raises(ValueError, match="reshape"):
        io.blobproto_to_array(blob)
    blob.shape.dim.extend([2, 3])
    assert io.blobproto_to_array(blob).tolist() == [[0, 1, 2], [3, 4, 5]]
    old = _blob()
    old.data.extend(range(6))
    old.num, old.channels, old.height, old.width = 1, 1, 2, 3
    assert io.blobproto_to_array(old).shape == (1, 1, 2, 3)


def test_blobproto_to_array_of_a_scalar() -> None:
    blob = _blob()
    blob.data.append(123)
    assert io.blobproto_to_array(blob) == 123


def test_array_to_blobproto_round_trip() -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    blob = io.array_to_blobproto(array, diff=-array)
    np.testing.assert_array_equal(io.blobproto_to_array(blob), array)
    assert io.blobproto_to_array(blob).dtype == np.float64
    np.testing.assert_array_equal(io.blobproto_to_array(blob, return_diff=True), -array)
    packed = io.arraylist_to_blobprotovector_str([array, array[0]])
    assert [found.shape for found in io.blobprotovector_str_to_arraylist(packed)] == [(2, 3), (3,)]


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_array_to_datum_round_trip(dtype: type) -> None:
    array = np.arange(12).reshape(3, 2, 2).astype(dtype)
    datum = io.array_to_datum(array, 7)
    assert datum.label == 7
    assert bool(datum.data) == (dtype is np.uint8)
    found = io.datum_to_array(datum)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, array)


def test_array_to_datum_without_label_is_smaller() -> None:
    array = np.ones((10, 10, 3))
    assert io.array_to_datum(array).ByteSize() < io.array_to_datum(array, label=1).ByteSize()
    with pytest.raises(ValueError, match="Incorrect array shape"):
        io.array_to_datum(np.ones((2, 2)))


def test_load_image_in_colour_and_grey(tmp_path: Path) -> None:
    pixels = np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "c.png")
    np.testing.assert_array_equal(io.load_image(str(tmp_path / "c.png")), pixels / 255.0)
    grey = io.load_image(str(tmp_path / "c.png"), color=False)
    np.testing.assert_allclose(grey, [[[0.2125], [0.7154]]])
    Image.fromarray(np.array([[51]], np.uint8)).save(tmp_path / "g.png")
    np.testing.assert_allclose(io.load_image(str(tmp_path / "g.png")), [[[0.2] * 3]])
    np.testing.assert_allclose(io.load_image(str(tmp_path / "g.png"), color=False), [[[0.2]]])


def test_resize_image_by_order() -> None:
    ramp = np.linspace(0, 1, 4, dtype=np.float32).reshape(1, 4, 1)
    np.testing.assert_allclose(io.resize_image(ramp, (1, 2)).ravel(), [1 / 6, 5 / 6], atol=1e-6)
    assert io.resize_image(np.full((3, 3, 5), 2.0), (4, 6)).tolist() == np.full((4, 6, 5), 2.0).tolist()
    assert io.resize_image(ramp, (1, 2), interp_order=0).ravel().tolist() == [ramp[0, 1, 0], ramp[0, 3, 0]]


def test_resize_image_fades_to_the_minimum_at_the_edges() -> None:
    image = np.array([[[3.0], [5.0]]])
    # positions -0.25, 0.25, 0.75 and 1.25 in the values 3, 5, with 3 outside
    np.testing.assert_allclose(io.resize_image(image, (1, 4)).ravel(), [3, 3.5, 4.5, 4.5])
    flat = np.full((2, 2, 3), 7.0)
    assert io.resize_image(flat, (5, 5)).tolist() == np.full((5, 5, 3), 7.0).tolist()


def test_resize_by_its_parameters() -> None:
    image = np.array([[0, 255], [255, 0]], np.uint8)
    half = io.resize(image, (1, 1))
    assert (half.dtype, half.tolist()) == (np.float64, [[0.5]])
    assert io.resize(image, (1, 1), preserve_range=True).tolist() == [[127.5]]
    assert io.resize(image, (2, 4), order=0).tolist() == [[0, 0, 1, 1], [1, 1, 0, 0]]
    row = np.array([[[4.0], [8.0]]])
    np.testing.assert_allclose(io.resize(row, (1, 4)).ravel(), [3, 5, 7, 6])
    np.testing.assert_allclose(io.resize(row, (1, 4, 1), mode="edge").ravel(), [4, 5, 7, 8])
    np.testing.assert_allclose(io.resize(row, (1, 4), mode="nearest").ravel(), [4, 5, 7, 8])
    np.testing.assert_allclose(io.resize(row, (1, 4), cval=8).ravel(), [5, 5, 7, 8])
    assert io.resize(row, (1, 2, 3), mode="edge").tolist() == [[[4] * 3, [8] * 3]]
    with pytest.raises(ValueError, match="order 3; expected 0 or 1"):
        io.resize(row, (1, 4), order=3)


@pytest.mark.parametrize("channels", [2, 4, 21])
def test_resize_image_of_many_channels_keeps_the_corners(channels: int) -> None:
    ramp = np.repeat(np.array([0.0, 1, 4]).reshape(1, 3, 1), channels, 2)
    for order, expected in ((1, [0, 0.5, 1, 2.5, 4]), (0, [0, 1, 1, 4, 4])):
        resized = io.resize_image(ramp, (2, 5), interp_order=order)
        assert resized.dtype == np.float32
        row = np.array(expected)[:, np.newaxis]
        assert resized.tolist() == np.repeat([row], 2, 0).repeat(channels, 2).tolist()
    assert io.resize_image(ramp, (1, 1)).ravel().tolist() == [0] * channels
    assert io.resize_image(ramp, (1, 2), interp_order=3)[0, :, 0].tolist() == pytest.approx([0, 4])


def test_other_libraries_are_loaded_on_access(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Any = ModuleType("skimage")
    for name in ("skimage", "skimage.io", "skimage.transform"):
        monkeypatch.setitem(sys.modules, name, made)
    assert io.skimage is made
    scipy: Any = ModuleType("scipy.ndimage")
    scipy.zoom = len
    monkeypatch.setitem(sys.modules, "scipy.ndimage", scipy)
    assert io.zoom is len
    with pytest.raises(AttributeError, match="has no 'load_picture'"):
        io.load_picture  # noqa: B018 (looking it up is the test)


def test_oversample_cuts_ten_crops() -> None:
    image = np.arange(16, dtype=np.float32).reshape(4, 4, 1)
    crops = io.oversample([image, image + 100], (2, 2))
    assert crops.shape == (20, 2, 2, 1)
    assert crops[:5, 0, 0, 0].tolist() == [0, 2, 8, 10, 5]
    np.testing.assert_array_equal(crops[5:10], crops[:5, :, ::-1])
    assert crops[10, 0, 0, 0] == 100


@pytest.fixture
def transformer() -> io.Transformer:
    made = io.Transformer({"data": (1, 3, 2, 2)})
    made.set_transpose("data", (2, 0, 1))
    made.set_channel_swap("data", (2, 1, 0))
    made.set_raw_scale("data", 255)
    made.set_mean("data", np.array([1.0, 2, 3]))
    made.set_input_scale("data", 0.5)
    return made


def test_transformer_round_trip_by_hand(transformer: io.Transformer) -> None:
    image = np.zeros((2, 2, 3), np.float32)
    image[0, 1] = (0.2, 0.4, 0.6)
    made = transformer.preprocess("data", image)
    assert made.shape == (3, 2, 2)
    np.testing.assert_allclose(made[:, 0, 1], [(153 - 1) / 2, (102 - 2) / 2, (51 - 3) / 2], rtol=1e-6)
    np.testing.assert_allclose(transformer.deprocess("data", made), image, atol=1e-6)
    assert image[0, 1, 0] == np.float32(0.2)  # the caller's image is unchanged


def test_transformer_ignores_settings_of_none() -> None:
    made = io.Transformer({"data": (1, 3, 2, 2)})
    made.set_raw_scale("data", None)  # type: ignore[arg-type]  # scripts pass on options that were not set
    made.set_input_scale("data", None)  # type: ignore[arg-type]  # as above
    image = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    np.testing.assert_array_equal(made.preprocess("data", image), image)
    np.testing.assert_array_equal(made.deprocess("data", image), image)


def test_transformer_resizes(transformer: io.Transformer) -> None:
    assert transformer.preprocess("data", np.zeros((5, 7, 3))).shape == (3, 2, 2)


def test_transformer_mean_of_another_shape(transformer: io.Transformer) -> None:
    transformer.set_mean("data", np.full((3, 4, 4), 9.0))
    assert transformer.mean["data"].shape == (3, 2, 2)
    for wrong in (np.zeros(2), np.zeros((1, 3, 2, 2))):
        with pytest.raises(ValueError, match="Mean"):
            transformer.set_mean("data", wrong)


def test_transformer_refuses_orders_of_another_length(transformer: io.Transformer) -> None:
    with pytest.raises(Exception, match="Transpose order"):
        transformer.set_transpose("data", (1, 0))
    with pytest.raises(Exception, match="Channel swap"):
        transformer.set_channel_swap("data", (1, 0))
    with pytest.raises(Exception, match="not one of the net inputs"):
        transformer.preprocess("x", np.zeros((2, 2, 3)))
