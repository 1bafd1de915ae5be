import numpy as np
import pytest

from layerzoo.errors import DataError, LayerFault


@pytest.fixture
def memory(make):
    def memory(**fields):
        param = {"batch_size": 2, "channels": 1, "height": 1, "width": 3, **fields}
        return make("MemoryData", top=["data", "label"], memory_data_param=param)

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


def test_shapes_come_from_the_message(memory):
    layer = memory()
    assert type(layer).top_shapes(layer.param, []) == [(2, 1, 1, 3), (2,)]
    assert layer.epoch_size == 0


def test_arrays_are_served_again_and_again(memory):
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


def test_what_was_set_is_copied_out(memory):
    layer, given = memory(), images(2).astype(np.float32)
    layer.set_input_arrays(given, np.arange(2))
    layer()[0].zero_()
    assert given.any()


def test_without_arrays_it_says_what_to_do(memory):
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
def test_arrays_that_do_not_fit(memory, data, label, message):
    with pytest.raises(DataError, match=message):
        memory().set_input_arrays(data, label)


@pytest.mark.parametrize("field", ["batch_size", "channels", "height", "width"])
def test_every_size_is_needed(memory, field):
    with pytest.raises(LayerFault, match=f"{field} must be at least 1") as caught:
        memory(**{field: 0})
    assert caught.value.field == f"memory_data_param.{field}"


EXAMPLE = """
layer {
  name: "l" type: "MemoryData" top: "data" top: "label"
  memory_data_param { batch_size: 2 channels: 1 height: 1 width: 3 }
}
"""


def prepare(layer):
    """What the example needs before it runs."""
    layer.set_input_arrays(images(4), np.arange(4))
