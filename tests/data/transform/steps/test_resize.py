import numpy as np
import torch
from torch.nn import functional as F

from layerzoo.data.image import resize
from layerzoo.data.transform import Batch
from layerzoo.data.transform.steps.resize import Resize


def resized(images, height, width):
    batch = Batch(images, np.arange(len(images)))
    Resize(height, width)(batch)
    return batch.images


def test_uint8_images_are_resized_as_in_opencv():
    image = np.random.default_rng(0).integers(0, 256, (3, 5, 7), dtype=np.uint8)
    for images in ([image], image[None]):
        (result,) = resized(images, 4, 9)
        assert (result == resize(image, 4, 9)).all()


def test_float_images_are_resized_as_in_torch():
    images = np.random.default_rng(0).random((2, 1, 4, 4), np.float32)
    expected = F.interpolate(torch.from_numpy(images), (6, 6), mode="bilinear").numpy()
    np.testing.assert_array_equal(resized(images, 6, 6), expected)
    np.testing.assert_allclose(np.stack(resized(list(images), 6, 6)), expected, rtol=1e-6)


def test_images_of_the_right_size_are_unchanged():
    images = np.zeros((2, 1, 3, 4), np.uint8)
    assert resized(images, 3, 4) is images


def test_top_shape_is_the_given_size():
    assert Resize(3, 4).top_shape((1, 9, 9)) == (1, 3, 4)
