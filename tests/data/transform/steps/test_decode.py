import numpy as np
import pytest

from layerzoo.data.image import Encoded, encode
from layerzoo.data.transform import Batch
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TEST, TransformationParameter

BLUE = np.array([255, 0, 0], np.uint8)[:, None, None]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, [255, 0, 0]), ({"force_color": True}, [255, 0, 0]), ({"force_gray": True}, [29])],
)
def test_decode_reads_colour_or_grey(fields, expected):
    decode = Decode.of(TransformationParameter(**fields), TEST)
    batch = Batch([Encoded(encode(BLUE, "png", "x"))], np.arange(1))
    decode(batch)
    assert batch.images[0].ravel().tolist() == expected


def test_decode_leaves_decoded_images_unchanged():
    raw = np.zeros((1, 2, 2), np.uint8)
    batch = Batch([raw, Encoded(encode(BLUE, "png", "x"))], np.arange(2))
    Decode(color=True)(batch)
    assert batch.images[0] is raw
    assert batch.images[1].shape == (3, 1, 1)
    whole = np.zeros((2, 1, 2, 2), np.uint8)
    batch = Batch(whole, np.arange(2))
    Decode(color=True)(batch)
    assert batch.images is whole


def test_decode_error_names_the_image():
    with pytest.raises(DataError, match="record 3: not an image"):
        Decode()(Batch([Encoded(b"nonsense")], np.arange(1), name_of=lambda i: "record 3"))


def test_force_color_with_force_gray_is_a_fault():
    with pytest.raises(LayerFault, match="force_color and force_gray exclude each other") as caught:
        Decode.of(TransformationParameter(force_color=True, force_gray=True), TEST)
    assert caught.value.field == "transform_param.force_gray"


@pytest.mark.parametrize(("color", "channels"), [(True, 3), (False, 1), (None, 2)])
def test_accepted_shape_has_the_channels(color, channels):
    assert Decode(color).accepted_shape((2, 5, 6)) == (channels, 5, 6)
