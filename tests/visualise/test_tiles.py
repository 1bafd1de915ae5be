"""Pictures of arrays."""

from __future__ import annotations

import numpy as np
from PIL import Image

from layerzoo.visualise.tiles import bars, beside, enlarged, grid, matrix, named_grid, span


def test_grid_puts_tiles_row_by_row_with_lines_between() -> None:
    tiles = np.zeros((3, 2, 2, 3), np.uint8)
    for place in range(3):
        tiles[place] = 10 * place
    picture = grid(tiles, 2)
    side = 2 * 48 + 2
    assert picture.size == (2 * side + 2, 2 * side + 2)
    at = [picture.getpixel((x * side + 3, y * side + 3)) for y in (0, 1) for x in (0, 1)]
    assert at == [(0, 0, 0), (10, 10, 10), (20, 20, 20), (255, 255, 255)]
    assert picture.getpixel((side + 1, 5)) == (255, 255, 255)


def test_grid_of_many_tiles_is_about_square() -> None:
    picture = grid(np.zeros((100, 64, 64, 3), np.uint8))
    assert picture.size == (662, 662)


def test_named_grid_has_a_name_below_each_tile() -> None:
    tiles = np.zeros((9, 32, 32, 3), np.uint8)
    picture = named_grid(tiles, ["a" * 99, *"bcdefghi"])
    assert picture.size == (7 * 136, 2 * 150)
    pixels = np.asarray(picture)
    assert (pixels[4:132, 4:132] == 0).all()
    assert (pixels[134:148, 4:136] < 128).any(), "the name"
    assert (pixels[0:150, 132:140] == 255).all(), "cut off where it is too long"


def test_matrix_has_a_cell_for_each_value() -> None:
    picture = matrix(np.array([[0.0, 1.0, 2.0]]))
    assert picture.size == (48, 16)
    assert [picture.getpixel((x, 3)) for x in (3, 20, 40)] == [(0,) * 3, (128,) * 3, (255,) * 3]


def test_matrix_that_is_large_is_averaged() -> None:
    values = np.zeros((2, 4096))
    values[0, 2048:] = np.tile([0.0, 6.0], 1024)
    picture = matrix(values)
    assert picture.size == (1024, 2)
    assert picture.getpixel((0, 0)) == (0, 0, 0)
    assert picture.getpixel((1023, 0)) == (255, 255, 255), "3, the mean of four, is the largest"


def test_bars_are_as_long_as_their_values() -> None:
    picture = bars(np.array([4.0, 1.0]), ["a", "b"])
    blue = (np.asarray(picture) == (33, 102, 172)).all(-1)
    assert [int(blue[row].sum()) for row in (8, 26)] == [321, 81]


def test_bars_of_negative_values_go_to_the_left() -> None:
    pixels = np.asarray(bars(np.array([-2.0, 2.0]), ["a", "b"]))
    blue, red = ((pixels == ink).all(-1) for ink in ((33, 102, 172), (178, 24, 43)))
    assert np.nonzero(blue)[1].max() == np.nonzero(red)[1].min()


def test_bars_show_values_that_are_not_finite() -> None:
    pixels = np.asarray(bars(np.array([np.nan, 1.0]), ["a", "b"]))
    assert (pixels == (255, 0, 255)).all(-1).any()


def test_enlarged_pictures_keep_their_pixels() -> None:
    picture = enlarged(np.array([[[0, 0, 0], [9, 9, 9]]], np.uint8))
    assert picture.size == (560, 280)
    assert picture.getpixel((279, 0)) == (0, 0, 0)
    assert picture.getpixel((280, 0)) == (9, 9, 9)


def test_pictures_stand_beside_each_other() -> None:
    sheet = beside([Image.new("RGB", (4, 9), "black"), Image.new("RGB", (5, 3), "red")])
    assert sheet.size == (17, 9)
    assert sheet.getpixel((12, 0)) == (255, 0, 0)


def test_span_names_values_that_are_not_finite() -> None:
    assert span(np.array([1.0, -2.0])) == "-2 to 1"
    assert span(np.array([1.0, np.nan])) == "1 to 1; 1 not finite (magenta)"
    assert span(np.array([np.nan])) == "no finite values"
