"""Boxes and masks drawn into pictures."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from PIL import Image

from layerzoo.evaluation.overlays import Box, colour, mask_picture, palette, with_boxes, with_mask


def test_colours_of_twenty_classes_differ() -> None:
    colours = [np.array(colour(number), float) for number in range(21)]
    assert colour(0) == (0, 0, 0)
    assert min(np.linalg.norm(a - b) for a, b in combinations(colours, 2)) > 25
    assert palette().shape == (256, 3)


def test_boxes_have_their_place_and_colour_and_leave_the_picture() -> None:
    picture = Image.new("RGB", (200, 100), "white")
    drawn = with_boxes(picture, [Box("disc 0.90", 1, 0.25, 0.5, 0.75, 0.9)])
    pixels = np.asarray(drawn)
    assert (np.asarray(picture) == 255).all()
    assert tuple(pixels[70, round(0.25 * 199)]) == colour(1)
    assert tuple(pixels[round(0.9 * 99), 100]) == colour(1)
    assert (pixels[70, 100] == 255).all()  # inside
    assert (pixels[20, 20] == 255).all()
    label = pixels[38:50, 52:100]
    assert (label == colour(1)).all(-1).any()


def test_box_at_the_edge_keeps_its_label_inside() -> None:
    drawn = with_boxes(
        Image.new("RGB", (120, 60), "white"), [Box("a long label 0.99", 2, 0.9, -0.1, 1.2, 1.0)]
    )
    assert drawn.size == (120, 60)
    assert (np.asarray(drawn) == colour(2)).all(-1).sum() > 200


def test_mask_tints_what_is_not_background_and_has_a_legend() -> None:
    mask = np.zeros((4, 4), np.uint8)
    mask[:, 2:] = 3
    drawn = np.asarray(with_mask(Image.new("RGB", (40, 40), "white"), mask, {0: "background", 3: "ring"}))
    assert drawn.shape[1] > 100
    assert (drawn[10, 10] == 255).all()
    assert abs(drawn[10, 30] - (255 * 0.45 + np.array(colour(3)) * 0.55)).max() <= 1
    assert (drawn[8 + 22 + 5, 40 + 15] == colour(3)).all()


def test_mask_picture_holds_the_indices() -> None:
    mask = np.array([[0, 1], [2, 255]], np.uint8)
    picture = mask_picture(mask)
    assert (np.asarray(picture) == mask).all()
    assert picture.convert("RGB").getpixel((1, 0)) == colour(1)
