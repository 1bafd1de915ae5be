"""Colours of numbers."""

from __future__ import annotations

import numpy as np

from layerzoo.visualise.colours import coloured, heat_over, largest


def test_colours_without_negative_values_are_grey_from_black_to_white() -> None:
    found = coloured(np.array([0.0, 1.0, 2.0]))
    assert found.tolist() == [[0] * 3, [128] * 3, [255] * 3]


def test_colours_with_negative_values_are_blue_white_and_red() -> None:
    found = coloured(np.array([-4.0, 0.0, 4.0]))
    assert found.tolist() == [[33, 102, 172], [247, 247, 247], [178, 24, 43]]


def test_colours_of_signed_values_are_white_at_zero() -> None:
    assert coloured(np.array([0.0, 4.0]), signed=True).tolist() == [[247, 247, 247], [178, 24, 43]]


def test_colours_go_no_further_than_the_limit() -> None:
    assert coloured(np.array([1.0, 100.0]), 1.0).tolist() == [[255] * 3, [255] * 3]


def test_colours_of_values_that_are_not_finite_are_magenta() -> None:
    values = np.array([np.nan, np.inf, 3.0])
    assert largest(values) == 3
    assert coloured(values).tolist() == [[255, 0, 255], [255, 0, 255], [255, 255, 255]]


def test_colours_of_zeros_are_black() -> None:
    assert coloured(np.zeros(2)).tolist() == [[0] * 3] * 2
    assert largest(np.array([np.nan])) == 0


def test_heat_leaves_grey_where_it_is_zero() -> None:
    pixels = np.full((1, 2, 1), 100, np.uint8)
    found = heat_over(pixels, np.array([[0.0, 2.0]]))
    assert found[0, 0].tolist() == [100] * 3
    brightest = np.rint(0.25 * 100 + 0.75 * np.array([252, 255, 164]))
    assert found[0, 1].tolist() == brightest.tolist()


def test_heat_over_colours_shows_their_grey_level() -> None:
    pixels = np.array([[[200, 100, 0]]], np.uint8)
    assert heat_over(pixels, np.zeros((1, 1)))[0, 0].tolist() == [round(0.299 * 200 + 0.587 * 100)] * 3
