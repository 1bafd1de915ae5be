import numpy as np
import pytest

from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.transform.steps.multi_scale_crop import MultiScaleCrop
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN, TransformationParameter

IMAGE = np.arange(8 * 12, dtype=np.uint8).reshape(1, 8, 12)


def test_of_is_a_step_of_train_with_one_of_its_fields():
    both = TransformationParameter(crop_size=4, multi_scale=True, fix_crop=True)
    assert MultiScaleCrop.of(both, TRAIN) is not None
    assert MultiScaleCrop.of(both, TEST) is None
    assert MultiScaleCrop.of(TransformationParameter(crop_size=4, max_distort=2), TRAIN) is None


def test_fixed_places_are_the_corners_the_centre_and_more():
    def corners(**fields):
        step = MultiScaleCrop.of(TransformationParameter(crop_size=4, fix_crop=True, **fields), TRAIN)
        out = Pipeline(step)([IMAGE] * 200, np.arange(200))
        assert out.shape == (200, 1, 4, 4)
        return {divmod(int(value), 12) for value in out[:, 0, 0, 0]}

    few = {(0, 0), (0, 8), (4, 0), (4, 8), (2, 4)}
    assert corners() == few
    more = {(0, 4), (4, 4), (2, 0), (2, 8), (1, 2), (1, 6), (3, 2), (3, 6)}
    assert corners(more_fix_crop=True) == few | more


def test_sizes_are_pairs_of_ratios_of_the_smaller_side():
    step = MultiScaleCrop(224, (1, 0.875, 0.5), 1, ())
    # 0.875 of 256 is 224 but for rounding; sides near the result's size are that size
    assert step.sizes((256, 340)) == [
        (256, 256), (256, 224), (224, 256), (224, 224), (224, 128), (128, 224), (128, 128),
    ]  # fmt: skip
    assert step.sizes((258, 340))[1] == (258, 224)
    assert len(MultiScaleCrop(224, (1, 0.875, 0.5), 0, ()).sizes((256, 340))) == 3


def test_crops_are_resized_to_one_size_and_depend_on_the_sample_alone():
    param = TransformationParameter(crop_size=4, multi_scale=True, scale_ratios=[1, 0.5], mean_value=[1])
    pipeline = Pipeline(*transform_steps(param, TRAIN))
    out = pipeline([IMAGE] * 20, np.arange(20), key=3)
    assert out.shape == (20, 1, 4, 4)
    assert len({image.tobytes() for image in out}) > 5
    again = pipeline([IMAGE] * 5, np.arange(15, 20), key=3)
    assert np.array_equal(again, out[15:])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"multi_scale": True}, "multi_scale needs crop_size"),
        ({"multi_scale": True, "crop_size": 4, "scale_ratios": [1, 1.5]}, "scale ratio 1.5"),
        ({"multi_scale": True, "crop_size": 4, "max_distort": -1}, "max_distort -1"),
    ],
)
def test_mistakes(fields, message):
    with pytest.raises(LayerFault, match=message):
        MultiScaleCrop.of(TransformationParameter(**fields), TRAIN)


def test_images_smaller_than_the_crop_are_a_fault():
    with pytest.raises(LayerFault, match="crop_size 9 exceeds images of 8 x 12"):
        MultiScaleCrop(9, (1,), 1, ()).top_shape((1, 8, 12))


def test_images_of_floats_keep_their_values(monkeypatch):
    monkeypatch.setattr("layerzoo.image_file.opencv", lambda: None)
    param = TransformationParameter(crop_size=4, multi_scale=True, scale_ratios=[1, 0.5])
    pipeline = Pipeline(*transform_steps(param, TRAIN))
    out = pipeline([np.full((1, 8, 12), 0.25, np.float32)] * 20, np.arange(20), key=3)
    np.testing.assert_allclose(out, np.full((20, 1, 4, 4), 0.25), rtol=1e-6)
