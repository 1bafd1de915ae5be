import numpy as np
import pytest

from layerzoo.data.draws import Draws
from layerzoo.data.image import Encoded, encode
from layerzoo.data.transform import STEPS, ImageStep, Pipeline, Step, transform_steps
from layerzoo.data.transform.steps.channel_order import ChannelOrder
from layerzoo.data.transform.steps.crop import Crop
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data.transform.steps.mirror import Mirror
from layerzoo.data.transform.steps.resize import Resize
from layerzoo.data.transform.steps.scale import Scale
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TEST, TRAIN, BlobProto, TransformationParameter


def transform(phase=TEST, **fields):
    param = TransformationParameter(**fields)
    return Pipeline(Decode.of(param, phase), *transform_steps(param, phase))


def ramp(*shape, dtype=np.uint8):
    return np.arange(np.prod(shape), dtype=dtype).reshape(shape)


def mean_file(path, mean, **fields):
    blob = BlobProto(data=mean.ravel().tolist(), **fields)
    path.write_bytes(blob.SerializeToString())
    return str(path)


NUMBERS = np.arange(2)


def test_pipeline_without_steps_converts_to_float():
    images = ramp(2, 3, 2, 2)
    out = transform()(images, NUMBERS)
    assert out.dtype == np.float32
    assert (out == images).all()


def test_mean_comes_before_scale():
    out = transform(mean_value=[10], scale=0.5)(ramp(1, 1, 1, 3), NUMBERS[:1])
    assert out.ravel().tolist() == [-5, -4.5, -4]


def test_mean_values_apply_per_channel():
    out = transform(mean_value=[1, 2, 3])(ramp(1, 3, 1, 1), NUMBERS[:1])
    assert out.ravel().tolist() == [-1, -1, -1]


def test_crop_is_central_in_test():
    # rows 0-4 of five, columns 0-3 of four: (5-2)//2 = 1, (4-2)//2 = 1
    out = transform(crop_size=2)(ramp(1, 1, 5, 4), NUMBERS[:1])
    assert out[0, 0].tolist() == [[5, 6], [9, 10]]


def test_crop_is_random_in_train_and_reaches_every_position():
    images = np.broadcast_to(ramp(1, 1, 3, 4), (200, 1, 3, 4))
    crop = transform(TRAIN, crop_size=2)
    corners = crop(images, np.arange(200), key=1)[:, 0, 0, 0].astype(int)
    assert set(corners.tolist()) == {0, 1, 2, 4, 5, 6}
    again = crop(images[:5], np.arange(70, 75), key=1)[:, 0, 0, 0].astype(int)
    assert again.tolist() == corners[70:75].tolist()
    assert corners.tolist() != crop(images, np.arange(200), key=2)[:, 0, 0, 0].astype(int).tolist()


@pytest.mark.parametrize("phase", [TRAIN, TEST])
def test_mirror_is_random_in_both_phases(phase):
    images = np.broadcast_to(ramp(1, 1, 2, 3), (100, 1, 2, 3))
    out = transform(phase, mirror=True)(images, np.arange(100), key=5)
    plain, flipped = images[0, 0].tolist(), images[0, 0, :, ::-1].tolist()
    mirrored = [image.tolist() == flipped for image in out[:, 0]]
    assert all(image.tolist() in (plain, flipped) for image in out[:, 0])
    assert 30 < sum(mirrored) < 70


def test_mean_image_is_subtracted_at_the_crop_before_mirroring(tmp_path):
    image = np.full((1, 4, 4), 100, np.uint8)
    mean = ramp(1, 4, 4, dtype=np.float32)
    path = mean_file(tmp_path / "m.binaryproto", mean, num=1, channels=1, height=4, width=4)
    centre = transform(crop_size=2, mean_file=path)([image], NUMBERS[:1])
    assert centre[0, 0].tolist() == [[95, 94], [91, 90]]
    both = transform(crop_size=2, mean_file=path, mirror=True)([image] * 40, np.arange(40))
    seen = {tuple(image.ravel().tolist()) for image in both}
    assert seen == {(95, 94, 91, 90), (94, 95, 90, 91)}


def test_mean_image_without_a_crop(tmp_path):
    path = mean_file(tmp_path / "m.binaryproto", ramp(2, 2, 1, dtype=np.float32), shape={"dim": [1, 2, 2, 1]})
    assert not transform(mean_file=path)(ramp(2, 2, 2, 1), NUMBERS)[0].any()


def test_mean_from_numpy_is_an_image_or_a_value_per_channel(tmp_path):
    np.save(tmp_path / "image.npy", ramp(3, 2, 2, dtype=np.float64))
    np.save(tmp_path / "values.npy", np.array([0.0, 4.0, 8.0]))
    images = ramp(1, 3, 2, 2)
    assert not transform(mean_file=str(tmp_path / "image.npy"))(images, NUMBERS[:1]).any()
    by_channel = transform(mean_file=str(tmp_path / "values.npy"))(images, NUMBERS[:1])
    assert by_channel.ravel().tolist() == [0, 1, 2, 3] * 3


def test_images_of_different_sizes_are_cropped_to_one_batch():
    out = transform(crop_size=2)([ramp(1, 2, 2), ramp(1, 4, 4)], NUMBERS)
    assert out[:, 0].tolist() == [[[0, 1], [2, 3]], [[5, 6], [9, 10]]]


def test_images_of_mismatched_shapes_are_named():
    name_of = "picture {}".format
    with pytest.raises(
        DataError, match=r"picture 1: 1 x 2 x 3 .*, but picture 0 of the same batch is 1 x 2 x 2"
    ):
        transform()([ramp(1, 2, 2), ramp(1, 2, 3)], NUMBERS, name_of=name_of)
    with pytest.raises(DataError, match="picture 1: 1 channels, but picture 0 of the same batch has 3"):
        transform()([ramp(3, 2, 2), ramp(1, 2, 2)], NUMBERS, name_of=name_of)
    with pytest.raises(DataError, match="picture 1: crop_size 2 exceeds images of 1 x 1 x 9"):
        transform(crop_size=2)([ramp(1, 2, 2), ramp(1, 1, 9)], NUMBERS, name_of=name_of)
    with pytest.raises(DataError, match="picture 0: crop_size 3 exceeds"):
        transform(crop_size=3)([ramp(1, 2, 2)], NUMBERS[:1], name_of=name_of)


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"crop_size": 9}, "crop_size", "crop_size 9 exceeds images of 3 x 4 x 4"),
        ({"mean_value": [1, 2]}, "mean_value", "2 values of mean_value for 3 channels"),
    ],
)
def test_mismatched_fields_are_faults_of_the_field(fields, field, message):
    with pytest.raises(LayerFault, match=message) as caught:
        transform(**fields).top_shape((3, 4, 4))
    assert caught.value.field == f"transform_param.{field}"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"mean_value": [1], "mean_file": "m"}, "mean_value"),
        ({"force_color": True, "force_gray": True}, "force_gray"),
        ({"mean_file": "nowhere.binaryproto"}, "mean_file"),
    ],
)
def test_contradicting_fields_and_missing_files_are_faults(fields, field):
    with pytest.raises(LayerFault) as caught:
        transform(**fields)
    assert caught.value.field == f"transform_param.{field}"


def test_mean_image_of_another_size_is_a_fault(tmp_path):
    path = mean_file(tmp_path / "m", ramp(1, 3, 3, dtype=np.float32), num=1, channels=1, height=3, width=3)
    with pytest.raises(LayerFault, match="the mean has shape 1 x 3 x 3, the images 1 x 4 x 4"):
        transform(mean_file=path, crop_size=3).top_shape((1, 4, 4))


def test_top_shape_is_the_crop():
    assert transform(crop_size=2).top_shape((3, 4, 5)) == (3, 2, 2)
    assert transform().top_shape((3, 4, 5)) == (3, 4, 5)


def test_transform_param_fields_have_a_step():
    read = [field for name in STEPS for field in STEPS[name].fields]
    assert len(read) == len(set(read))
    fields = {field.name for field in TransformationParameter.DESCRIPTOR.fields}
    of_several = {"fill_value", "fill_label"}  # read by all steps that add pixels
    assert fields - of_several == set(read)


def test_steps_of_transform_param_are_in_caffes_order(tmp_path):
    np.save(tmp_path / "mean.npy", np.zeros((1, 4, 4)))
    fields = {"scale": 2, "mirror": True, "crop_size": 3, "mean_file": str(tmp_path / "mean.npy")}
    steps = transform_steps(TransformationParameter(**fields), TRAIN)
    assert [type(step).__name__ for step in steps] == ["Mean", "Crop", "Mirror", "Scale"]


@pytest.mark.parametrize(
    ("phase", "fields", "random"),
    [
        (TRAIN, {"scale": 2}, False),
        (TRAIN, {"crop_size": 2}, True),
        (TEST, {"crop_size": 2}, False),
        (TEST, {"mirror": True}, True),
    ],
)
def test_random_is_true_if_any_step_is_random(phase, fields, random):
    assert transform(phase, **fields).random is random


def test_crop_and_mirror_draw_the_same_numbers_as_older_versions():
    # mirror, row and column are the first, second and third of three numbers per sample
    images, numbers = ramp(9, 1, 4, 6), np.arange(40, 49)
    draws = Draws(77, numbers, 3)
    out = transform(TRAIN, crop_size=2, mirror=True)(images, numbers, key=77)
    rows, columns, flips = draws.below(3, 1), draws.below(5, 2), draws.below(2, 0)
    assert len(set(zip(rows.tolist(), columns.tolist(), flips.tolist(), strict=True))) > 5
    for image, result, row, column, flip in zip(images, out, rows, columns, flips, strict=True):
        window = image[:, row : row + 2, column : column + 2]
        assert (result == (window[:, :, ::-1] if flip else window)).all()
    # as computed by the version before the pipeline
    assert out[:3, 0].astype(int).tolist() == [
        [[13, 12], [19, 18]],
        [[34, 33], [40, 39]],
        [[64, 65], [70, 71]],
    ]


def test_random_numbers_depend_on_the_sample_not_the_batch():
    crop, images = transform(TRAIN, crop_size=2, mirror=True), ramp(6, 1, 5, 5)
    whole = crop(images, np.arange(6), key=3)
    apart = [crop(list(images[i : i + 2]), np.arange(i, i + 2), key=3) for i in (0, 2, 4)]
    assert (whole == np.concatenate(apart)).all()


def test_images_are_decoded_and_resized_one_by_one():
    seen = []

    class Note(ImageStep):
        def __init__(self, name):
            self.name = name

        def image(self, image, index, batch):
            seen.append((self.name, index))
            return image

    Pipeline(Note("a"), Note("b"), Scale(2))([ramp(1, 2, 2)] * 2, NUMBERS)
    assert seen == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


def test_image_applies_only_the_image_steps():
    png = encode(np.full((3, 4, 6), 9, np.uint8), "png", "x")
    image = Pipeline(Decode(color=False), Resize(2, 3), Scale(5)).image(Encoded(png), "x")
    assert image.tolist() == [[[9] * 3] * 2]


def test_split_separates_deterministic_steps():
    fixed, varied = Pipeline(Resize(4, 4), Crop(2, 2, random=True), Scale(2)).split()
    assert [type(s) for s in fixed.steps] == [Resize]
    assert [type(s) for s in varied.steps] == [Crop, Scale]
    assert Pipeline(Scale(2), Mirror()).split()[1].random
    assert Pipeline(Scale(2)).split()[1].steps == []


def test_split_halves_compute_the_same_as_the_whole():
    images, numbers = ramp(4, 1, 5, 5, dtype=np.float32), np.arange(4)
    whole = transform(TRAIN, mean_value=[3], crop_size=2, scale=0.5)
    fixed, varied = whole.split()
    assert (varied(fixed(images, numbers), numbers, 8) == whole(images, numbers, 8)).all()


def test_accepted_shape_is_the_result_for_the_nearest_valid_image():
    pipeline = transform(crop_size=227, mean_value=[1, 2, 3])
    assert pipeline.accepted_shape((1, 28, 28)) == (3, 227, 227)
    assert pipeline.accepted_shape((3, 300, 256)) == (3, 227, 227)
    assert Pipeline(Decode(color=False), Resize(5, 6)).accepted_shape((3, 9, 9)) == (1, 5, 6)


def test_none_steps_are_skipped():
    assert Pipeline(None, Scale(2), None).steps[0].factor == 2


def test_input_images_are_not_modified():
    images = ramp(2, 3, 2, 2, dtype=np.float32)
    before = images.copy()
    out = Pipeline(Scale(3), ChannelOrder((2, 1, 0)), Crop(1, 1, random=False), Scale(2))(images, NUMBERS)
    assert (images == before).all()
    assert (out == 6 * before[:, ::-1, :1, :1]).all()


def test_registered_steps_draw_from_separate_streams():
    class Noise(Step):
        random = True

        def __call__(self, batch):
            drawn = batch.draws_for("Noise", 1).below(1000, 0)
            np.add(batch.blob(), drawn[:, None, None, None], out=batch.blob())

    images, numbers = np.zeros((5, 1, 2, 2), np.uint8), np.arange(5)
    noise = Pipeline(Noise())(images, numbers, key=4)[:, 0, 0, 0].tolist()
    assert len(set(noise)) > 3
    assert noise == Pipeline(Mirror(), Noise())(images, numbers, key=4)[:, 0, 0, 0].tolist()
    assert noise != Draws(4, numbers, 1).below(1000, 0).tolist()
