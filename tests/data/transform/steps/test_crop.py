import numpy as np
import pytest

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.crop import Crop
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN, TransformationParameter


def test_of_is_random_in_train_only():
    param = TransformationParameter(crop_size=3)
    assert Crop.of(param, TRAIN).random
    assert not Crop.of(param, TEST).random
    assert Crop.of(TransformationParameter(), TRAIN) is None


def test_centre_rounds_down():
    image = np.arange(20, dtype=np.uint8).reshape(1, 4, 5)
    for images in ([image], image[None], [image, np.zeros((1, 2, 2), np.uint8)]):
        out = Pipeline(Crop(2, 2, random=False))(images, np.arange(len(images)))
        assert out[0, 0].tolist() == [[6, 7], [11, 12]]


def test_random_crops_reach_every_place():
    images = np.tile(np.arange(12, dtype=np.uint8).reshape(1, 3, 4), (100, 1, 1, 1))
    corners = Pipeline(Crop(2, 2, random=True))(images, np.arange(100))[:, 0, 0, 0]
    assert sorted(set(corners.tolist())) == [0, 1, 2, 4, 5, 6]


def test_images_smaller_than_the_crop_are_a_fault():
    with pytest.raises(LayerFault, match="crop_size 5 exceeds images of 3 x 5 x 4") as caught:
        Crop(5, 5, random=True).top_shape((3, 5, 4))
    assert caught.value.field == "transform_param.crop_size"
    assert Crop(5, 5, random=True).accepted_shape((3, 9, 4)) == (3, 9, 5)
