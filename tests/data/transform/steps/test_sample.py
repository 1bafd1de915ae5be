"""Random regions of annotated images."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.steps.sample import Sample, cut_out
from layerzoo.errors import LayerFault
from layerzoo.schema import BatchSampler

EDGES = np.array([[0.4, 0.4, 0.6, 0.6]], np.float32)


def sampled(count: int, *samplers: dict[str, object], edges: np.ndarray = EDGES) -> Batch:
    image = np.arange(100 * 100, dtype=np.float32).reshape(1, 100, 100)
    batch = Batch([image] * count, np.arange(count), 5)
    batch.boxes = [Boxes(edges.copy(), np.zeros((len(edges), 3), np.float32)) for _ in range(count)]
    Sample([BatchSampler(**fields) for fields in samplers])(batch)
    return batch


SMALL = {"min_scale": 0.3, "max_scale": 0.9, "min_aspect_ratio": 0.5, "max_aspect_ratio": 2.0}


def test_regions_have_the_sizes_of_their_sampler() -> None:
    images = sampled(100, {"sampler": SMALL, "max_sample": 1}).images
    sizes = np.array([image.shape[1:] for image in images])
    area = sizes.prod(1) / 1e4
    assert 0.08 <= area.min() < 0.2
    assert 0.6 < area.max() <= 0.82
    aspect = sizes[:, 1] / sizes[:, 0]
    assert 0.45 < aspect.min() < 0.8
    assert 1.2 < aspect.max() < 2.1


def test_constraint_is_met_by_the_region() -> None:
    limits = {"min_object_coverage": 1.0}
    batch = sampled(40, {"sampler": SMALL, "max_sample": 1, "sample_constraint": limits})
    assert batch.boxes is not None
    for image, boxes in zip(batch.images, batch.boxes, strict=True):
        assert len(boxes) == 1
        left, top, right, bottom = boxes.edges[0]
        _, height, width = image.shape
        np.testing.assert_allclose([(right - left) * width, (bottom - top) * height], [20, 20], rtol=0.06)
        corner = image[0, 0, 0]
        place = [corner % 100 + left * width, corner // 100 + top * height]
        np.testing.assert_allclose(place, [40, 40], atol=1.5)


def test_jaccard_overlap_of_regions() -> None:
    limits = {"min_jaccard_overlap": 0.9}
    none = sampled(5, {"sampler": SMALL, "sample_constraint": limits, "max_sample": 1, "max_trials": 50})
    assert [image.shape for image in none.images] == [(1, 100, 100)] * 5, "no region meets it"
    limits = {"max_jaccard_overlap": 0.9}
    some = sampled(5, {"sampler": SMALL, "sample_constraint": limits, "max_sample": 1})
    assert all(image.shape != (1, 100, 100) for image in some.images)


def test_images_without_boxes_meet_no_constraint() -> None:
    none = np.empty((0, 4), np.float32)
    limits = {"min_jaccard_overlap": 0.0}
    batch = sampled(3, {"sampler": SMALL, "sample_constraint": limits}, edges=none)
    assert [image.shape for image in batch.images] == [(1, 100, 100)] * 3


def test_region_is_drawn_from_all_samplers() -> None:
    batch = sampled(60, {"max_sample": 1, "max_trials": 1}, {"sampler": SMALL, "max_sample": 1})
    whole = [image.shape == (1, 100, 100) for image in batch.images]
    assert np.mean(whole) == pytest.approx(0.5, abs=0.2)
    off = sampled(3, {"use_original_image": False, "sampler": SMALL})
    assert [image.shape for image in off.images] == [(1, 100, 100)] * 3


def test_regions_depend_on_the_number_of_the_sample_alone() -> None:
    many, again = (sampled(20, {"sampler": SMALL, "max_sample": 2}) for _ in range(2))
    for one, other in zip(many.images, again.images, strict=True):
        np.testing.assert_array_equal(one, other)


def test_cut_out_has_a_pixel_at_least() -> None:
    batch = Batch([], np.arange(1))
    assert cut_out(np.zeros((1, 4, 4)), (0.5, 0.5, 0.5, 0.5), 0, batch).shape == (1, 1, 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sampler": {"min_scale": 0}}, "scales from 0 to 1"),
        ({"sampler": {"max_scale": 2}}, "scales from 1 to 2"),
        ({"sampler": {"min_aspect_ratio": 2}}, "aspect ratios from 2 to 1"),
        ({"max_trials": 10**6}, "max_trials is 1,000,000; it can be 100,000 at most"),
    ],
)
def test_ranges_are_checked(fields: dict[str, object], message: str) -> None:
    with pytest.raises(LayerFault, match=message):
        Sample([BatchSampler(**fields)])
