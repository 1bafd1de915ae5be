"""Matching of detections, and boxes in pixels of original images."""

from __future__ import annotations

import pytest
import torch

from layerzoo.functional.detection_matching import areas, overlaps, to_original
from layerzoo.schema import ResizeParameter


def test_overlaps_of_boxes() -> None:
    one = torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.5, 0.5, 0.4, 0.6]])
    other = torch.tensor([[0.25, 0.0, 0.75, 0.5], [0.6, 0.6, 1.0, 1.0]])
    found = overlaps(one, other, areas(one), areas(other), 0.0)
    torch.testing.assert_close(found[0], torch.tensor([1 / 3, 0.0]))
    assert areas(one)[1] == 0, "exchanged edges"


def test_overlaps_in_pixels_count_the_edges() -> None:
    one, apart = torch.tensor([[0.0, 0.0, 9.0, 9.0]]), torch.tensor([[20.0, 20.0, 29.0, 29.0]])
    assert overlaps(one, one, areas(one, 1), areas(one, 1), 1.0) == 1
    # as in SSD, boxes apart share the pixel at the origin
    torch.testing.assert_close(
        overlaps(one, apart, areas(one, 1), areas(apart, 1), 1.0), torch.tensor([[1 / 199]])
    )


@pytest.mark.parametrize(
    ("resize", "wanted"),
    [
        (None, [10.0, 20.0, 100.0, 40.0]),
        ({"resize_mode": "WARP", "height": 10, "width": 10}, [10.0, 20.0, 100.0, 40.0]),
        ({"resize_mode": "FIT_SMALL_SIZE", "height": 10, "width": 10}, [10.0, 20.0, 100.0, 40.0]),
        (
            {
                "resize_mode": "FIT_SMALL_SIZE",
                "height": 10,
                "width": 10,
                "height_scale": 20,
                "width_scale": 30,
            },
            [3.0, 8.0, 33.0, 16.0],
        ),
        # an image of 100 x 50 fills the middle half of a square, of which 0.4 is 0.3 of the image
        (
            {"resize_mode": "FIT_LARGE_SIZE_AND_PAD", "height": 10, "width": 10},
            [10.0, 0.3 * 50, 100.0, 50.0],
        ),
    ],
)
def test_to_original_undoes_the_resizing(resize: dict[str, object] | None, wanted: list[float]) -> None:
    box = torch.tensor([[0.1, 0.4, 1.1, 0.8]])
    param = None if resize is None else ResizeParameter(**resize)
    scaled, _ = to_original(box, torch.tensor([[50.0, 100.0]]), param)
    torch.testing.assert_close(scaled, torch.tensor([wanted]))


def test_to_original_leaves_a_box_in_the_padding_as_it_is() -> None:
    param = ResizeParameter(resize_mode="FIT_LARGE_SIZE_AND_PAD", height=10, width=10)
    scaled, _ = to_original(torch.tensor([[0.1, 0.0, 0.9, 0.2]]), torch.tensor([[50.0, 100.0]]), param)
    torch.testing.assert_close(scaled, torch.tensor([[10.0, 0.0, 90.0, 10.0]]))
