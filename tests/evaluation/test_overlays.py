"""Boxes and masks drawn into pictures."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from PIL import Image

from layerzoo.evaluation.overlays import (
    Box,
    colour,
    mask_picture,
    masked,
    palette,
    with_boxes,
    with_mask,
)


def test_colours_of_twenty_classes_differ() -> None:
    colours = [np.array(colour(number), float) for number in range(21)]
    assert colour(0) == (0, 0, 0)
    assert min(np.linalg.norm(a - b) for a, b in combinations(colours, 2)) > 25
    assert palette().shape == (256, 3)


def test_boxes_have_their_place_and_colour_and_leave_the_picture() -> None:
    picture = Image.new("RGB", (800, 400), "white")
    drawn = with_boxes(picture, [Box("disc 0.90", 1, 0.25, 0.5, 0.75, 0.9)])
    pixels = np.asarray(drawn)
    assert (np.asarray(picture) == 255).all()
    assert tuple(pixels[280, round(0.25 * 799)]) == colour(1)
    assert tuple(pixels[round(0.9 * 399), 400]) == colour(1)
    assert (pixels[280, 400] == 255).all()  # inside
    assert (pixels[80, 80] == 255).all()
    label = pixels[182:198, 202:260]
    assert (label == colour(1)).all(-1).any()


def test_box_is_seen_on_its_own_colour() -> None:
    drawn = with_boxes(
        Image.new("RGB", (400, 400), colour(2)), [Box("square 0.90", 2, 0.25, 0.25, 0.75, 0.75)]
    )
    assert (np.asarray(drawn)[300:302] != colour(2)).any(-1).sum() >= 200, (
        "a line of another colour beside it"
    )


def test_small_pictures_are_enlarged_so_that_labels_do_not_cover_them() -> None:
    drawn = with_boxes(Image.new("RGB", (96, 120), "white"), [Box("ring 1.00", 4, 0.6, 0.6, 0.9, 0.9)])
    assert drawn.size == (384, 480)
    inside = np.asarray(drawn)[305:425, 240:340]
    assert (inside == 255).all(), "the label stands above the box"
    masked = with_mask(Image.new("RGB", (96, 96), "white"), np.ones((96, 96), np.uint8), {1: "disc"})
    assert masked.height == 384


def test_box_at_the_edge_keeps_its_label_inside() -> None:
    drawn = with_boxes(
        Image.new("RGB", (640, 320), "white"), [Box("a long label 0.99", 2, 0.9, -0.1, 1.2, 1.0)]
    )
    assert drawn.size == (640, 320)
    assert (np.asarray(drawn) == colour(2)).all(-1).sum() > 200


def test_mask_tints_what_is_not_background_and_has_a_legend() -> None:
    mask = np.zeros((4, 4), np.uint8)
    mask[:, 2:] = 3
    picture = Image.new("RGB", (400, 400), (200, 100, 40))
    drawn = np.asarray(with_mask(picture, mask, {0: "background", 3: "ring"}))
    assert drawn.shape[1] > 450
    assert (drawn[10, 10] == (200, 100, 40)).all()
    grey = 0.299 * 200 + 0.587 * 100 + 0.114 * 40
    assert abs(drawn[10, 300] - (grey * 0.45 + np.array(colour(3)) * 0.55)).max() <= 1
    assert (drawn[10, 200] == colour(3)).all(), "the outline has the colour of the class"
    assert (drawn[8 + 22 + 5, 400 + 15] == colour(3)).all()


def test_mask_picture_holds_the_indices() -> None:
    mask = np.array([[0, 1], [2, 255]], np.uint8)
    picture = mask_picture(mask)
    assert (np.asarray(picture) == mask).all()
    assert picture.convert("RGB").getpixel((1, 0)) == colour(1)


def test_boxes_leave_the_size_if_asked_to() -> None:
    picture = Image.new("RGB", (30, 20))
    box = Box("x", 1, 0.1, 0.1, 0.9, 0.9)
    assert with_boxes(picture, [box], enlarge=False).size == (30, 20)
    assert with_boxes(picture, [box]).width > 30


def test_masked_picture_is_the_part_without_the_legend() -> None:
    picture = Image.new("RGB", (400, 400), "white")
    mask = np.zeros((40, 40), np.uint8)
    mask[10:20, 10:20] = 1
    alone = np.asarray(masked(picture, mask))
    assert alone.shape == (400, 400, 3)
    assert (alone[:90] == 255).all()
    assert (alone[150, 150] != 255).any()
    assert (np.asarray(with_mask(picture, mask, {1: "disc"}))[:400, :400] == alone).all()
