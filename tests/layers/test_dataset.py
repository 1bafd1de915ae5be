import numpy as np
import pytest
import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.layers.dataset import Dataset
from layerzoo.schema import TEST, LayerParameter


@pytest.fixture
def digits(make):
    def digits(phase=0, transform=None, **fields):
        param = {"name": "digits", "batch_size": 64, **fields}
        return make(
            "Dataset",
            phase=phase,
            top=["data", "label"],
            dataset_param=param,
            transform_param=transform or {},
        )

    return digits


def at(layer, number):
    layer.clock.batch = number
    return layer()


def test_shapes_follow_size_and_crop(digits):
    for fields, side in (({}, 28), ({"size": 8}, 8), ({"size": 32, "transform": {"crop_size": 28}}, 28)):
        layer = digits(**fields)
        shapes = [tuple(top.shape) for top in layer()]
        assert shapes == [(64, 1, side, side), (64,)] == type(layer).top_shapes(layer.param, [])


def test_enlarging_is_bilinear(digits):
    small, large = (digits(TEST, size=size, shuffle=False)()[0] for size in (8, 16))
    # new pixel centres are a quarter of a pixel from the old ones
    across = large[:, :, 6:8, 7].mean(2)  # 3/4 row 3 and 1/4 of each neighbour above and below
    above, below = small[:, :, 2, 3:5], small[:, :, 4, 3:5]
    mixed = 0.75 * small[:, :, 3, 3:5] + 0.125 * (above + below)
    assert torch.allclose(across, 0.75 * mixed[..., 0] + 0.25 * mixed[..., 1])


def test_training_epoch_holds_each_image_once(digits):
    layer = digits(batch_size=1437)
    first, second = (at(layer, k)[1] for k in range(2))
    assert first.tolist() != second.tolist()
    assert torch.bincount(first.long()).tolist() == torch.bincount(second.long()).tolist()


def test_test_pass_keeps_order_and_ends_with_partial_batch(digits):
    layer = digits(TEST, split="test")
    layer.whole_pass = True
    assert (layer.epoch_size, layer.batches_per_pass) == (360, 6)
    seen = [at(layer, k)[1] for k in range(6)]
    assert [len(batch) for batch in seen] == [64] * 5 + [40]
    assert torch.bincount(torch.cat(seen).long()).tolist() == [36] * 10
    again = digits(TEST, split="test")
    assert at(again, 0)[1].tolist() == seen[0].tolist()


def test_random_crops_depend_on_the_batch_number(digits):
    fields = {"size": 32, "transform": {"crop_size": 28, "mirror": True, "scale": 2}}
    straight = [at(layer, k)[0].clone() for layer in [digits(**fields)] for k in range(4)]
    layer = digits(**fields)
    assert torch.equal(at(layer, 3)[0], straight[3])
    assert torch.equal(at(layer, 1)[0], straight[1])
    layer.clock.seed = 9
    assert not torch.equal(at(layer, 1)[0], straight[1])
    assert straight[0].max() == 2


def test_values_are_scaled_and_shifted(digits):
    plain = digits(TEST)()[0]
    shifted = digits(TEST, transform={"mean_value": [0.5], "scale": 4})()[0]
    assert np.allclose(shifted, (plain - 0.5) * 4)


def test_classes_are_put_together_and_named(digits):
    plain, odd = (
        digits(TEST, split="test", batch_size=360, **fields)
        for fields in ({}, {"class_of": [0, 1] * 5, "class_name": ["even", "odd"]})
    )
    assert torch.equal(odd()[1], plain()[1] % 2)
    assert torch.equal(odd()[0], plain()[0])
    assert type(odd).class_names(odd.param) == ["even", "odd"]
    with pytest.raises(LayerFault, match="'digits' has 10 classes"):
        digits(class_of=[0, 1])


KNOWN = "known are cifar10, cifar100, digits, fashion_mnist, kmnist, mnist, shapes, svhn"


@pytest.mark.parametrize(
    ("fields", "field", "message", "hint"),
    [
        ({"name": "digit"}, "name", "unknown data set 'digit'", "did you mean 'digits'?"),
        ({"name": ""}, "name", "name is missing", KNOWN),
        ({"split": "tset"}, "split", "no split 'tset' in 'digits'", "did you mean 'test'?"),
        ({"batch_size": 0}, "batch_size", "batch_size must be at least 1", None),
    ],
)
def test_config_faults_name_the_field(digits, fields, field, message, hint):
    with pytest.raises(LayerFault) as caught:
        digits(**fields)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert caught.value.field == f"dataset_param.{field}"


def test_missing_files_are_reported_on_first_use(digits, tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path))
    layer = digits(name="mnist")
    assert type(layer).top_shapes(layer.param, []) == [(64, 1, 28, 28), (64,)]
    with pytest.raises(DataError, match="needs the file train-images-idx3-ubyte"):
        layer()


EXAMPLE = """
layer {
  name: "l" type: "Dataset" top: "data" top: "label"
  dataset_param { name: "digits" batch_size: 3 size: 8 }
  transform_param { crop_size: 7 mirror: true }
}
"""


def test_targets_have_their_shapes(make):
    def shapes(target, batch_size=2, **transform):
        param = {"name": "shapes", "batch_size": batch_size, "size": 48, "split": "test", "target": target}
        return make(
            "Dataset",
            phase=TEST,
            top=["data", "label"],
            dataset_param=param,
            transform_param=transform,
        )

    wanted = {"CLASS": (2,), "MASK": (2, 1, 48, 48), "SSD_BOXES": (1, 1, 8, 8), "YOLO_BOXES": (2, 300, 5)}
    for target, shape in wanted.items():
        layer = shapes(target)
        images, labels = layer()
        assert images.shape == (2, 3, 48, 48)
        assert labels.shape == shape == type(layer).top_shapes(layer.param, [])[1]
    assert set(shapes("MASK")()[1].unique().tolist()) <= set(range(5))
    with pytest.raises(LayerFault, match="target ROI_BOXES is of batches of one image") as caught:
        shapes("ROI_BOXES")
    assert caught.value.field == "dataset_param.batch_size"
    layer = shapes("ROI_BOXES", batch_size=1)
    images, objects = layer()
    assert images.shape == (1, 3, 48, 48)
    assert objects.shape == (4, 5) == type(layer).top_shapes(layer.param, [])[1]
    (row,) = shapes("SSD_BOXES", batch_size=1)()[1][0, 0, :1]
    torch.testing.assert_close(objects[0], torch.cat((48 * row[3:5], 48 * row[5:7] - 1, row[1:2])))
    with pytest.raises(LayerFault, match="mirror would move the images but not their target MASK"):
        shapes("MASK", mirror=True)


def test_target_that_a_data_set_lacks_is_a_fault(digits):
    with pytest.raises(LayerFault, match="'digits' has no target SSD_BOXES") as caught:
        digits(target="SSD_BOXES")
    assert "shapes" in str(caught.value.hint)


def test_large_set_is_resized_batch_by_batch(digits, monkeypatch):
    whole = digits(TEST, size=20, transform={"crop_size": 16})
    monkeypatch.setattr("layerzoo.layers.dataset._MOST_PREPARED", 1 << 20)
    parts = digits(TEST, size=20, transform={"crop_size": 16})
    assert not parts.source.cheap
    for number in range(3):
        assert torch.equal(at(whole, number)[0], at(parts, number)[0])
        assert torch.equal(at(whole, number)[1], at(parts, number)[1])
    parts.close()


def test_class_names_are_those_of_the_set() -> None:
    param = LayerParameter(type="Dataset", dataset_param={"name": "digits"})
    assert Dataset.class_names(param) == [str(digit) for digit in range(10)]
    assert Dataset.class_names(LayerParameter(type="Dataset", dataset_param={"name": "none"})) is None
