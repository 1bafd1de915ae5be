import logging

import numpy as np
import pytest

from layerzoo.data.image import encode
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TEST, TRAIN, Datum


@pytest.fixture
def memory(make):
    def memory(transform=None, phase=TEST, **fields):
        param = {"batch_size": 2, "channels": 1, "height": 1, "width": 3, **fields}
        more = {} if transform is None else {"transform_param": transform}
        return make("MemoryData", top=["data", "label"], phase=phase, memory_data_param=param, **more)

    return memory


def images(count):
    return np.arange(count * 3).reshape(count, 1, 1, 3)


def labels(layer, batches):
    found = []
    for layer.clock.batch in batches:
        data, label = layer()
        assert data[:, 0, 0, 0].tolist() == [3 * value for value in label.tolist()]
        found.append(label.tolist())
    return found


def test_shapes_follow_memory_data_param(memory):
    layer = memory()
    assert type(layer).top_shapes(layer.param, []) == [(2, 1, 1, 3), (2,)]
    assert layer.epoch_size == 0


def test_arrays_are_served_repeatedly(memory):
    layer = memory()
    layer.set_input_arrays(images(4), np.arange(4))
    assert labels(layer, range(3)) == [[0, 1], [2, 3], [0, 1]]
    assert layer.epoch_size == 4


def test_new_arrays_start_at_the_next_batch(memory):
    layer = memory()
    layer.set_input_arrays(images(4), np.arange(4))
    labels(layer, range(5))
    layer.clock.batch = 5
    layer.set_input_arrays(images(6), np.arange(6.0).reshape(6, 1, 1, 1))
    assert labels(layer, range(5, 9)) == [[0, 1], [2, 3], [4, 5], [0, 1]]


def test_tops_are_copies_of_the_arrays(memory):
    layer, given = memory(), images(2).astype(np.float32)
    layer.set_input_arrays(given, np.arange(2))
    layer()[0].zero_()
    assert given.any()


def test_missing_data_is_an_error_with_the_fix(memory):
    with pytest.raises(DataError, match=r"layer 'l' \(MemoryData\) has no data; call its set_input_arrays"):
        memory()()


@pytest.mark.parametrize(
    ("data", "label", "message"),
    [
        (images(3), np.arange(3), "expected a multiple of 2 images of 1 x 1 x 3"),
        (images(0), np.arange(0), "expected a multiple of 2"),
        (images(2).reshape(2, 3), np.arange(2), r"data of shape \(2, 3\)"),
        (images(2), np.arange(3), "3 labels for 2 images"),
    ],
)
def test_mismatched_arrays_are_errors(memory, data, label, message):
    with pytest.raises(DataError, match=message):
        memory().set_input_arrays(data, label)


@pytest.mark.parametrize("field", ["batch_size", "channels", "height", "width"])
def test_sizes_are_all_required(memory, field):
    with pytest.raises(LayerFault, match=f"{field} must be at least 1") as caught:
        memory(**{field: 0})
    assert caught.value.field == f"memory_data_param.{field}"


def datums(count, width=3):
    pixels = np.arange(count * width, dtype=np.uint8).reshape(count, width)
    return [
        Datum(channels=1, height=1, width=width, data=row.tobytes(), label=i) for i, row in enumerate(pixels)
    ]


def test_datums_are_transformed(memory):
    layer = memory({"scale": 0.5, "mean_value": [1]})
    layer.add_datum_vector(datums(4))
    data, label = layer()
    # (0 .. 5 - 1) / 2
    assert data.ravel().tolist() == [-0.5, 0, 0.5, 1, 1.5, 2]
    assert label.tolist() == [0, 1]
    layer.clock.batch = 1
    assert layer()[0].ravel().tolist() == [2.5, 3, 3.5, 4, 4.5, 5]
    layer.clock.batch = 2
    assert layer()[1].tolist() == [0, 1]


def test_sizes_are_those_after_the_crop(memory):
    layer = memory({"crop_size": 2}, height=2, width=2)
    pixels = np.arange(16, dtype=np.uint8)
    layer.add_datum_vector([Datum(channels=1, height=4, width=4, data=pixels.tobytes(), label=7)] * 2)
    data, label = layer()
    assert data[0, 0].tolist() == [[5, 6], [9, 10]]
    assert label.tolist() == [7, 7]


def test_encoded_datums_and_mats_give_equal_tops(memory):
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    layer = memory({"scale": 2}, channels=3, height=2)
    png = encode(pixels.transpose(2, 0, 1), "png", "x")
    layer.add_datum_vector([Datum(encoded=True, data=png, label=1)] * 2)
    encoded = layer()[0]
    layer.add_mat_vector([pixels, pixels], [4, 5])
    data, label = layer()
    assert (data == encoded).all()
    assert data[1].tolist() == (pixels.transpose(2, 0, 1) * 2.0).tolist()
    assert label.tolist() == [4, 5]


def test_grey_mats_have_two_axes(memory):
    layer = memory()
    layer.add_mat_vector([np.array([[1, 2, 3]], np.uint8), np.array([[4, 5, 6]], np.float32)], [0, 1])
    assert layer()[0].ravel().tolist() == [1, 2, 3, 4, 5, 6]


def test_crops_in_train_depend_only_on_seed_and_position(memory):
    def crops(batch):
        layer = memory({"crop_size": 1, "mirror": True}, TRAIN, width=1, batch_size=20)
        layer.clock.seed, layer.clock.batch = 3, batch
        layer.add_datum_vector(datums(20, 9))
        return (layer()[0].ravel().numpy() - 9 * np.arange(20)).tolist()

    assert len(set(crops(0))) > 4
    assert crops(0) == crops(0)
    assert crops(0) != crops(1)


def test_images_may_be_added_after_previous_ones_are_served(memory):
    layer = memory()
    layer.add_datum_vector(datums(4))
    layer()
    with pytest.raises(DataError, match="still being served; add more after 2 forward passes"):
        layer.add_datum_vector(datums(2))
    layer.clock.batch = 1
    layer()
    layer.clock.batch = 2
    layer.add_mat_vector([np.ones((1, 3), np.uint8)] * 2, [8, 9])
    assert layer()[1].tolist() == [8, 9]


def test_arrays_are_not_transformed_and_warning_is_logged(memory, caplog):
    layer = memory({"scale": 0.5})
    with caplog.at_level(logging.WARNING, "layerzoo"):
        layer.set_input_arrays(images(2), np.arange(2))
    assert "MemoryData does not transform array data on Reset()" in caplog.text
    assert layer()[0].ravel().tolist() == [0, 1, 2, 3, 4, 5]
    caplog.clear()
    layer.add_datum_vector(datums(2))
    memory().set_input_arrays(images(2), np.arange(2))
    assert not caplog.records


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (datums(3), "3 datums; expected a multiple of the batch size, 2"),
        ([], "0 datums"),
        (datums(2, 4), "images of 1 x 1 x 4 after transform_param; expected 1 x 1 x 3"),
        ([*datums(1), *datums(1, 2)], "datum 1: 1 x 1 x 2 .*, but .*datum 0 of the same batch is 1 x 1 x 3"),
        ([Datum(channels=1, height=1, width=3)] * 2, "datum 0: a Datum of 1 x 1 x 3"),
        ([Datum(encoded=True, data=b"x")] * 2, "datum 0: not an image"),
    ],
)
def test_mismatched_datums_are_errors(memory, given, message):
    with pytest.raises(DataError, match=message):
        memory().add_datum_vector(given)


@pytest.mark.parametrize(
    ("mats", "labels", "message"),
    [
        ([np.ones((1, 3), np.uint8)], [0], "1 mats; expected a multiple"),
        ([np.ones((1, 3), np.uint8)] * 2, [0], "1 labels for 2 mats"),
        ([np.ones((1, 3))] * 2, [0, 1], r"mat 0: float64 of shape \(1, 3\); expected uint8 or float32"),
        ([np.ones(3, np.uint8)] * 2, [0, 1], r"mat 0: uint8 of shape \(3,\)"),
    ],
)
def test_mismatched_mats_are_errors(memory, mats, labels, message):
    with pytest.raises(DataError, match=message):
        memory().add_mat_vector(mats, labels)


@pytest.mark.parametrize("transform", [{"mean_file": "nowhere"}, {"resize_param": [{"prob": 1}]}])
def test_transform_param_faults_are_raised_on_construction(memory, transform):
    with pytest.raises(LayerFault, match=r"nowhere|resize_param"):
        memory(transform)


EXAMPLE = """
layer {
  name: "l" type: "MemoryData" top: "data" top: "label"
  memory_data_param { batch_size: 2 channels: 1 height: 1 width: 3 }
}
"""


def prepare(layer):
    """Set the arrays of the example before it runs."""
    layer.set_input_arrays(images(4), np.arange(4))
