"""Mixup and cutmix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image

from layerzoo.data.data_layer import DataLayer
from layerzoo.data.mixing import Mixed, mixed, mixed_shapes
from layerzoo.data.samples import ArraySamples
from layerzoo.data.transform.steps.mix import Mix
from layerzoo.errors import DataError
from layerzoo.layer import LAYERS
from layerzoo.schema import TEST, TRAIN, LayerParameter, MixParameter

COUNT = 50


def source() -> ArraySamples:
    """Images of one value, which is their number, with labels 0 to 4."""
    numbers = np.arange(COUNT, dtype=np.float32)
    return ArraySamples(np.tile(numbers[:, None, None, None], (1, 2, 8, 8)), numbers % 5)


def read(numbers: np.ndarray, **fields: float) -> tuple[np.ndarray, np.ndarray]:
    images, soft = Mixed(source(), Mix(MixParameter(classes=5, **fields))).read(numbers % COUNT, numbers, 7)
    return images, soft


def test_mixup_is_a_weighted_sum_of_images_and_labels() -> None:
    images, soft = read(np.arange(COUNT), mixup_alpha=1)
    np.testing.assert_allclose(soft.sum(1), 1, rtol=1e-6)
    shares, partners = [], set()
    for number, (image, label) in enumerate(zip(images, soft, strict=True)):
        assert np.ptp(image) < 1e-4
        if np.count_nonzero(label) == 2:
            share, other = label[number % 5], next(c for c in np.flatnonzero(label) if c != number % 5)
            partner = (image.mean() - share * number) / (1 - share)
            assert partner == pytest.approx(round(partner), abs=0.01)
            assert round(partner) % 5 == other
            shares.append(share)
            partners.add(round(partner))
    assert len(shares) > 30
    assert len(partners) > 15
    assert 0 < min(shares) < 0.2
    assert max(shares) > 0.8


def test_cutmix_pastes_a_rectangle_and_counts_its_pixels() -> None:
    images, soft = read(np.arange(COUNT), cutmix_alpha=1)
    pasted = 0
    for number, (image, label) in enumerate(zip(images, soft, strict=True)):
        inside = (image[0] != number).sum()
        if inside and np.count_nonzero(label) == 2:
            assert label[number % 5] == pytest.approx(1 - inside / 64)
            rows, columns = np.nonzero(image[0] != number)
            assert np.ptp(image[0][rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]) == 0
            pasted += 1
    assert pasted > 20


def test_mixing_depends_on_the_number_of_the_sample_alone() -> None:
    numbers = np.array([3, 80, 4])
    images, soft = read(numbers, mixup_alpha=0.5, cutmix_alpha=1, prob=0.8)
    for place in range(3):
        image, label = read(numbers[place : place + 1], mixup_alpha=0.5, cutmix_alpha=1, prob=0.8)
        np.testing.assert_array_equal(image[0], images[place])
        np.testing.assert_array_equal(label[0], soft[place])
    later, _ = read(numbers + COUNT, mixup_alpha=0.5, cutmix_alpha=1, prob=0.8)
    assert (later != images).any(), "another epoch, another partner"


def test_prob_and_both_kinds() -> None:
    images, soft = read(np.arange(400), mixup_alpha=1, cutmix_alpha=1, prob=0.5)
    assert (soft.max(1) == 1).mean() == pytest.approx(
        0.5 + 0.5 * 0.2, abs=0.1
    )  # 1 of 5 has a partner of its class
    own = np.arange(400) % COUNT
    blended = (np.ptp(images[:, 0], axis=(1, 2)) < 1e-4) & (np.abs(images[:, 0, 0, 0] - own) > 1e-3)
    pasted = np.ptp(images[:, 0], axis=(1, 2)) > 0.5
    assert blended.mean() == pytest.approx(0.25, abs=0.08)
    assert pasted.mean() == pytest.approx(0.22, abs=0.08)


def test_labels_out_of_range_are_reported() -> None:
    with pytest.raises(DataError, match=r"label 4 is out of range; mix_param.classes is 4, so 0 to 3"):
        Mixed(source(), Mix(MixParameter(classes=4, mixup_alpha=1))).read(np.arange(5), np.arange(5), 0)


def test_layers_give_soft_labels_in_training() -> None:
    param = LayerParameter(name="d", type="Dataset", top=["data", "label"], phase=TRAIN)
    param.dataset_param.name, param.dataset_param.batch_size = "digits", 6
    param.transform_param.mix_param.MergeFrom(MixParameter(classes=10, mixup_alpha=1))
    kind = LAYERS["Dataset"]
    assert mixed_shapes(param, [(6, 1, 28, 28), (6,)]) == [(6, 1, 28, 28), (6, 10)]
    assert kind.top_shapes(param, [])[1] == (6, 10)
    layer = kind(param)
    assert isinstance(layer, DataLayer)
    images, soft = layer.forward()
    assert soft.shape == (6, 10)
    assert images.max() <= 1
    np.testing.assert_allclose(soft.sum(1).numpy(), 1, rtol=1e-6)
    param.phase = TEST
    assert kind.top_shapes(param, [])[1] == (6,)
    assert mixed(param, source()) is not None
    assert not isinstance(mixed(param, source()), Mixed)


def test_partners_are_resized_as_their_batch_is(tmp_path: Path) -> None:
    for number in range(4):
        Image.fromarray(np.full((4, 4, 3), 60 * number, np.uint8)).save(tmp_path / f"{number}.png")
    (tmp_path / "list.txt").write_text("".join(f"{number}.png {number}\n" for number in range(4)))
    text = f'name: "d" type: "ImageData" top: "x" top: "y" image_data_param {{ source: "{tmp_path}/list.txt" '
    text += "batch_size: 4 } transform_param { mix_param { mixup_alpha: 1 classes: 4 } "
    text += "".join(f"resize_param {{ prob: 0.5 height: {size} width: {size} }} " for size in (5, 9)) + "}"
    layer = LAYERS["ImageData"](text_format.Merge(text, LayerParameter(phase=TRAIN)))
    heights = set()
    for layer.clock.batch in range(10):
        images, soft = layer()
        heights.add(images.shape[2])
        assert soft.shape == (4, 4)
    layer.close()
    assert heights == {5, 9}
