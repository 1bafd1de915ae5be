"""Affine and perspective maps, against hand-computed values and, if it is installed, OpenCV."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo import image_file
from layerzoo.data import warping
from layerzoo.data.warping import about_centre, affine, from_corners, moved_points, warp

IMAGE = np.random.default_rng(0).integers(0, 256, (3, 20, 30), dtype=np.uint8)


def test_identity_changes_nothing() -> None:
    np.testing.assert_array_equal(warp(IMAGE, np.eye(3)), IMAGE)
    np.testing.assert_array_equal(warp(IMAGE, about_centre(affine(360), 20, 30)), IMAGE)


def test_quarter_turn_is_counter_clockwise() -> None:
    square = IMAGE[:, :20, :20]
    turned = warp(square, about_centre(affine(90), 20, 20))
    np.testing.assert_array_equal(turned, np.rot90(square, 1, (1, 2)))
    np.testing.assert_array_equal(
        warp(square, about_centre(affine(90), 20, 20), nearest=True), np.rot90(square, 1, (1, 2))
    )


def test_translation_moves_right_and_down() -> None:
    moved = warp(IMAGE, affine(translation=(3, 2)), fill=(7,))
    np.testing.assert_array_equal(moved[:, 2:, 3:], IMAGE[:, :-2, :-3])
    assert (moved[:, :2] == 7).all()
    assert (moved[:, :, :3] == 7).all()


def test_half_a_pixel_is_the_mean_of_two() -> None:
    line = np.array([[[0, 100, 200]]], np.uint8)
    assert warp(line, affine(translation=(0.5, 0)), fill=(50,)).tolist() == [[[25, 50, 150]]]
    values = line.astype(np.float32)
    assert warp(values, affine(translation=(0.25, 0)), fill=(0,)).tolist() == [[[0, 75, 175]]]


def test_zoom_and_shear() -> None:
    line = np.array([[[0, 10, 20, 30, 40]]], np.uint8)
    assert warp(line, about_centre(affine(zoom=2), 1, 5)).tolist() == [[[10, 15, 20, 25, 30]]]
    sheared = warp(np.eye(5, dtype=np.uint8)[None] * 200, about_centre(affine(shear=(-45, 0)), 5, 5))
    assert (sheared[0, :, 2] == 200).all(), "the diagonal becomes upright"


@pytest.mark.parametrize(
    ("border", "wanted"), [("constant", [9, 9, 1, 2]), ("edge", [1, 1, 1, 2]), ("reflect", [3, 2, 1, 2])]
)
def test_borders(border: warping.Border, wanted: list[int]) -> None:
    line = np.array([[[1, 2, 3, 4]]], np.uint8)
    for nearest in (False, True):
        moved = warp(line, affine(translation=(2, 0)), fill=(9,), border=border, nearest=nearest)
        assert moved.tolist() == [[wanted]]


def test_corners_go_where_they_should() -> None:
    corners = [(2.0, 1.0), (27.0, 3.0), (29.0, 19.0), (0.0, 17.0)]
    matrix = from_corners(corners, 20, 30)
    old = np.array([[0, 0], [29, 0], [29, 19], [0, 19]], np.float64)
    np.testing.assert_allclose(moved_points(old, matrix), corners, atol=1e-9)
    horizon = np.linalg.inv(np.array([[1, 0, 0], [0, 1, 0], [0, -0.1, 1.0]]))
    shown = moved_points(np.array([[1.0, 5.0], [1.0, 20.0]]), horizon)
    np.testing.assert_allclose(shown[0], [2, 10])
    assert np.isinf(shown[1]).all(), "behind the horizon"


def test_numpy_computes_what_opencv_does() -> None:
    if not image_file.opencv():
        pytest.skip("OpenCV is not installed")
    maps = (
        about_centre(affine(20, (5, -7), 1.1, (5, 3)), 20, 30),
        from_corners([(2, 1), (27, 3), (29, 19), (0, 17)], 20, 30),
    )
    for matrix in maps:
        for border in ("constant", "edge", "reflect"):
            by_opencv = warp(IMAGE, matrix, fill=(1, 2, 3), border=border)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(image_file, "opencv", lambda: None)
                by_numpy = warp(IMAGE, matrix, fill=(1, 2, 3), border=border)
            assert np.abs(by_opencv.astype(int) - by_numpy).max() <= 1
