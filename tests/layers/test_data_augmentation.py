from pathlib import Path

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

OPENCV = Path(__file__).parents[1] / "data/conformance/forks/opencv/layers/data_augmentation.npz"
EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 5 dim: 6 } } }
layer { name: "l" type: "DataAugmentation" bottom: "x" top: "y" top: "c" augmentation_param {
  recompute_mean: 2 crop_width: 4 crop_height: 3 zoom { spread: 0.1 exp: true }
  gamma { spread: 0.1 exp: true }
  ladd_pow { spread: 0.1 exp: true } noise { mean: 0.1 }
  chromatic_eigvec: [0.5, 0.5, 0.7, 0.8, 0, -0.6, 0.3, -0.8, 0.4] } }
layer { name: "m" type: "DataAugmentation" bottom: "x" bottom: "c" top: "z" augmentation_param {
  crop_width: 4 crop_height: 3 mean: [1, 2, 3] mean_per_pixel: false } }
"""


def test_deployed_mean_agrees_with_opencv(make):
    with np.load(OPENCV) as stored:
        x, expected = torch.from_numpy(stored["in/input"]), torch.from_numpy(stored["out/out"])
        blobs = [torch.from_numpy(stored[f"param/DataAugmentation1/{i}"]) for i in range(3)]
    fields = {"augment_during_test": True, "recompute_mean": 1, "mean_per_pixel": False}
    layer = make("DataAugmentation", x.shape, augmentation_param=fields, phase=1)
    assert [blob.shape for blob in layer.blobs] == [blob.shape for blob in blobs]
    for blob, value in zip(layer.blobs, blobs, strict=True):
        blob.data.copy_(value)
    torch.testing.assert_close(layer(x), expected, rtol=1e-4, atol=1e-4)


def test_mean_is_that_of_the_first_passes(make):
    layer = make("DataAugmentation", (2, 1, 1, 2), augmentation_param={"recompute_mean": 2})
    first = torch.tensor([[[[0.0, 2.0]]], [[[4.0, 2.0]]]])
    assert layer(first).flatten().tolist() == [-2, 0, 2, 0]
    assert layer.mean.flatten().tolist() == [2, 2]
    layer(first + 2)
    assert layer.mean.flatten().tolist() == [3, 3]
    assert layer.channel_mean.item() == 3
    assert layer(first + 100).flatten().tolist() == [97, 99, 101, 99]
    assert layer.number.item() == 3


def test_mean_of_the_config_and_crop(make):
    fields = {"mean": [1, 2, 3], "mean_per_pixel": False, "crop_width": 4, "crop_height": 2}
    layer = make("DataAugmentation", (1, 3, 4, 6), augmentation_param=fields)
    x = torch.randn(1, 3, 4, 6)
    expected = x[:, :, 1:3, 1:5] - torch.tensor([1.0, 2, 3]).reshape(3, 1, 1)
    torch.testing.assert_close(layer(x), expected)
    assert len(layer.blobs) == 1


def test_coefficients_are_passed_on_and_give_the_same_crops(make):
    text = (
        'type: "DataAugmentation" top: "y" top: "c" augmentation_param { crop_width: 8 crop_height: 6'
        " mirror { rand_type: 'bernoulli' prob: 0.5 } translate { spread: 0.2 }"
        " zoom { mean: 1.1 spread: 0.1 } brightness { spread: 0.2 } }"
    )
    x = torch.rand(16, 3, 12, 15)
    y, coefficients = make(text, x.shape)(x)
    assert coefficients.shape == (16, 42, 1, 1)
    assert (coefficients[:, 1] != 0).sum() > 10
    again = make(
        'type: "DataAugmentation" augmentation_param { crop_width: 8 crop_height: 6 }',
        x.shape,
        (16, 42, 1, 1),
    )
    torch.testing.assert_close(again(x, coefficients), y)
    idle = make(text.replace("{ crop", "{ augment_during_test: false crop"), x.shape, phase=1)
    assert idle(x)[1].eq(0).all()


def test_noise_has_its_standard_deviation(make):
    text = (
        'type: "DataAugmentation" augmentation_param { crop_width: 40 crop_height: 40 noise { mean: 0.5 }'
        " max_multiplier: 10 }"
    )
    x = torch.full((2, 3, 40, 40), 5.0)
    y = make(text, x.shape)(x)
    assert y.mean().item() == pytest.approx(5, abs=0.02)
    assert y.std().item() == pytest.approx(0.5, abs=0.02)
    assert not torch.equal(y[0], y[1])


@pytest.mark.parametrize(
    ("fields", "bottoms", "message"),
    [
        ("crop_width: 9 crop_height: 2", [(1, 3, 4, 6)], "a crop of 2 x 9 pixels of images of 4 x 6"),
        ("sat_pow { mean: 1 }", [(1, 3, 4, 6)], "sat_pow needs the eigenvectors of colours, 9 numbers"),
        ("zoom { rand_type: 'x' }", [(1, 3, 4, 6)], "rand_type 'x'"),
        ("", [(1, 3, 4, 6), (1, 41, 1, 1)], r"expected \(1, 42, 1, 1\)"),
        ("", [(1, 3, 4)], r"expected \(N, C, H, W\)"),
    ],
)
def test_faults(shapes, fields, bottoms, message):
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "DataAugmentation" augmentation_param {{ {fields} }}', *bottoms)
