from __future__ import annotations

from math import exp, inf, log

import pytest
import torch
from google.protobuf import text_format

from layerzoo.functional.boxes import (
    CODES,
    Code,
    area,
    clip,
    crosses_boundary,
    decode,
    encode,
    original_boxes,
    overlap,
    pairwise_overlap,
    sides,
)
from layerzoo.schema import ResizeParameter

UNIT = torch.tensor([0.0, 0.0, 1.0, 1.0])


def test_area_of_an_inverted_box_is_zero() -> None:
    boxes = torch.tensor([[0.0, 0.0, 2.0, 3.0], [2.0, 0.0, 0.0, 3.0], [0.0, 3.0, 2.0, 0.0]])
    assert area(boxes).tolist() == [6, 0, 0]
    assert area(boxes, 1.0).tolist() == [12, 0, 0]
    assert sides(boxes, 1.0)[0].tolist() == [3, 4]


def test_overlap_is_intersection_over_union() -> None:
    others = torch.tensor(
        [
            [0.0, 0.0, 1.0, 1.0],  # the same
            [0.5, 0.0, 1.5, 1.0],  # half of it: 0.5 / 1.5
            [1.0, 0.0, 2.0, 1.0],  # touches
            [3.0, 3.0, 4.0, 4.0],  # apart on both axes
            [0.25, 0.25, 0.75, 0.75],  # inside: 0.25 / 1
            [0.9, 0.0, 0.1, 1.0],  # inverted
        ]
    )
    expected = torch.tensor([1, 1 / 3, 0, 0, 0.25, 0])
    torch.testing.assert_close(overlap(UNIT, others), expected)
    torch.testing.assert_close(pairwise_overlap(UNIT[None], others)[0], expected)
    torch.testing.assert_close(pairwise_overlap(others, UNIT[None])[:, 0], expected)


def test_overlap_of_pixels_counts_the_last_one() -> None:
    a, b = torch.tensor([0.0, 0.0, 9.0, 9.0]), torch.tensor([9.0, 0.0, 18.0, 9.0])
    assert overlap(a, b, 1.0).item() == pytest.approx(10 / 190)
    assert pairwise_overlap(a[None], b[None], 1.0).item() == pytest.approx(10 / 190)


def test_overlap_of_empty_boxes_is_zero_and_of_infinite_ones_nan() -> None:
    empty, endless = torch.zeros(1, 4), torch.tensor([[-inf, -inf, inf, inf]])
    assert pairwise_overlap(empty, empty).item() == 0
    assert pairwise_overlap(UNIT[None], endless).item() == 0
    assert pairwise_overlap(endless, endless).isnan().item()


def test_pairwise_overlap_keeps_leading_axes() -> None:
    torch.manual_seed(0)
    a, b = torch.rand(2, 3, 5, 4), torch.rand(2, 3, 7, 4)
    expected = overlap(a.unsqueeze(-2), b.unsqueeze(-3))
    torch.testing.assert_close(pairwise_overlap(a, b), expected)


def test_clip() -> None:
    box = torch.tensor([[-0.5, 0.2, 1.5, 7.0]])
    torch.testing.assert_close(clip(box), torch.tensor([[0, 0.2, 1, 1]]))
    torch.testing.assert_close(clip(box, 1.25, 6.0), torch.tensor([[0, 0.2, 1.25, 6]]))
    widths, heights = torch.tensor([1.0, 2.0]), torch.tensor([6.0, 8.0])
    torch.testing.assert_close(
        clip(box.expand(2, 4), widths, heights), torch.tensor([[0, 0.2, 1, 6], [0, 0.2, 1.5, 7]])
    )


def test_crosses_boundary() -> None:
    boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.1, -0.1, 1.0, 1.0], [0.1, 0.1, 1.1, 1.0]])
    assert crosses_boundary(boxes).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("CORNER", [0.1, 0.1, 0.3, 0.1]),
        ("CORNER_SIZE", [0.5, 0.25, 1.5, 0.25]),
        # centres (0.2, 0.3) and (0.4, 0.4); sizes (0.2, 0.4) and (0.4, 0.4)
        ("CENTER_SIZE", [1.0, 0.25, log(2), 0.0]),
    ],
)
def test_encode_and_decode(code: Code, expected: list[float]) -> None:
    prior, box = torch.tensor([0.1, 0.1, 0.3, 0.5]), torch.tensor([0.2, 0.2, 0.6, 0.6])
    variances = torch.tensor([0.1, 0.2, 0.4, 0.5])
    numbers = encode(box, prior, code)
    torch.testing.assert_close(numbers, torch.tensor(expected))
    torch.testing.assert_close(encode(box, prior, code, variances), torch.tensor(expected) / variances)
    torch.testing.assert_close(decode(numbers, prior, code), box)


def test_decode_multiplies_by_the_variances() -> None:
    prior, variances = torch.tensor([0.0, 0.0, 2.0, 4.0]), torch.tensor([0.1, 0.1, 0.2, 0.5])
    numbers = torch.tensor([10.0, 5.0, 5.0, 2.0])
    # centre (1, 2) + (1, 0.5) * (2, 4); half sizes e * (2, 4) / 2
    x, y, w, h = 3.0, 4.0, exp(1), 2 * exp(1)
    torch.testing.assert_close(
        decode(numbers, prior, "CENTER_SIZE", variances), torch.tensor([x - w, y - h, x + w, y + h])
    )


@pytest.mark.parametrize("code", CODES)
def test_decode_is_the_inverse_of_encode_and_differentiable(code: Code) -> None:
    torch.manual_seed(1)
    boxes, priors = (torch.rand(2, 3, 4).cumsum(-1).double() for _ in range(2))
    variances = torch.rand(3, 4).double() + 0.1
    torch.testing.assert_close(decode(encode(boxes, priors, code, variances), priors, code, variances), boxes)
    numbers = torch.randn(3, 4, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: decode(x, priors[0], code, variances), (numbers,))


def resize(fields: str) -> ResizeParameter:
    return text_format.Parse(fields, ResizeParameter())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("", [0, 10, 100, 40]),
        ("resize_mode: FIT_SMALL_SIZE", [0, 10, 100, 40]),
        # 30 x 20 pixels are cut to the image of 200 x 50
        ("resize_mode: FIT_SMALL_SIZE height_scale: 20 width_scale: 30", [0, 4, 15, 16]),
        # 200 x 50 becomes 60 x 15, with 7.5 above and below: y is (0.2 - 0.25) / 0.5 and (0.8 - 0.25) / 0.5
        ("resize_mode: FIT_LARGE_SIZE_AND_PAD height: 30 width: 60", [0, 0, 100, 50]),
        # 200 x 50 becomes 120 x 30, with 5 left and right of 130: x is (0.5 - 5/130) / (120/130)
        ("resize_mode: FIT_LARGE_SIZE_AND_PAD height: 30 width: 130", [0, 10, 100, 40]),
    ],
)
def test_original_boxes_are_pixels_of_the_image(fields: str, expected: list[float]) -> None:
    box = torch.tensor([[-0.1, 0.2, 0.5, 0.8]])
    given = resize(fields) if fields else None
    torch.testing.assert_close(original_boxes(box, 50, 200, given)[0], torch.tensor(expected).float())


def test_original_boxes_that_lie_in_the_padding_are_only_cut() -> None:
    param = resize("resize_mode: FIT_LARGE_SIZE_AND_PAD height: 30 width: 60")
    box = torch.tensor([[0.5, 0.0, 1.0, 0.25]])
    assert original_boxes(box, 50, 200, param).tolist() == [[100, 0, 200, 12.5]]
