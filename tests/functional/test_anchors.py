from __future__ import annotations

import torch

from layerzoo.functional.anchors import (
    RATIOS,
    SCALES,
    at_positions,
    by_position,
    choose_proposals,
    decode_offsets,
    encode_offsets,
    inside_image,
    pixel_anchors,
    scaled_anchors,
)


def test_scaled_anchors_are_those_of_faster_rcnn() -> None:
    # the table in the comments of py-faster-rcnn's generate_anchors, whose first pixel is 1
    assert (scaled_anchors(16, RATIOS, SCALES) + 1).tolist() == [
        [-83, -39, 100, 56],
        [-175, -87, 192, 104],
        [-359, -183, 376, 200],
        [-55, -55, 72, 72],
        [-119, -119, 136, 136],
        [-247, -247, 264, 264],
        [-35, -79, 52, 96],
        [-79, -167, 96, 184],
        [-167, -343, 184, 360],
    ]


def test_pixel_anchors_have_rounded_sides_around_the_centre() -> None:
    # ratio 0.5: base sides 22.6 and 11.3, times 32 / 16, less 1: 44.3 and 21.6
    assert pixel_anchors(16, [0.5, 1.0], [32.0]).tolist() == [
        [7.5 - 22, 7.5 - 11, 7.5 + 22, 7.5 + 11],
        [7.5 - 15.5, 7.5 - 15.5, 7.5 + 15.5, 7.5 + 15.5],
    ]


def test_anchors_stand_at_each_position_in_order_of_blobs() -> None:
    anchors = torch.tensor([[0.0, 0, 1, 1], [5, 5, 6, 6]])
    assert at_positions(anchors, 2, 2, 10).tolist() == [
        [0, 0, 1, 1], [5, 5, 6, 6], [10, 0, 11, 1], [15, 5, 16, 6],
        [0, 10, 1, 11], [5, 15, 6, 16], [10, 10, 11, 11], [15, 15, 16, 16],
    ]  # fmt: skip
    blob = torch.arange(16.0).reshape(1, 4, 2, 2)  # two anchors of two numbers
    assert by_position(blob, 2)[0, :3].tolist() == [[0, 4], [8, 12], [1, 5]]


def test_decode_inverts_encode() -> None:
    boxes, targets = torch.tensor([[0.0, 0, 9, 19]]), torch.tensor([[5.0, 10, 24, 29]])
    offsets = encode_offsets(boxes, targets)
    torch.testing.assert_close(offsets[0, :2], torch.tensor([1.0, 0.5]))
    torch.testing.assert_close(offsets[0, 2:].exp(), torch.tensor([2.0, 1.0]))
    # a decoded box ends one pixel further, as in Faster R-CNN
    torch.testing.assert_close(decode_offsets(boxes, offsets), torch.tensor([[5.0, 10, 25, 30]]))


def test_boxes_are_cut_to_the_last_pixel() -> None:
    cut = inside_image(torch.tensor([[-3.0, 2, 50, 50]]), torch.tensor([20.0]), torch.tensor([30.0]))
    assert cut.tolist() == [[0, 2, 29, 19]]


def test_proposals_are_best_of_each_image_without_overlaps() -> None:
    one = torch.tensor([[0.0, 0, 9, 9], [0, 0, 9, 8], [20, 20, 29, 29], [40, 40, 49, 49]])
    boxes = torch.stack([one, one])
    scores = torch.tensor([[0.5, 0.9, 0.1, 0.8], [0.9, 0.5, 0.1, 0.8]])
    allowed = torch.tensor([[True, True, True, True], [True, True, True, False]])
    chosen = choose_proposals(boxes, scores, allowed, 0, 0, 0.7)
    assert chosen.regions[:, 0].tolist() == [0, 0, 0, 1, 1]
    assert chosen.scores.tolist() == torch.tensor([0.9, 0.8, 0.1, 0.9, 0.1]).tolist()
    assert chosen.regions[0].tolist() == [0, 0, 0, 9, 8]
    assert choose_proposals(boxes, scores, allowed, 2, 0, 0.7).regions[:, 0].tolist() == [0, 0, 1]
    assert choose_proposals(boxes, scores, allowed, 0, 1, 0.7).regions[:, 0].tolist() == [0, 1]
    assert choose_proposals(boxes, scores, allowed & False, 0, 1, 0.7).regions.shape == (0, 5)
