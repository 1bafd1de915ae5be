"""Pictures of samples in the plane."""

from __future__ import annotations

import numpy as np

from layerzoo.evaluation.overlays import colour
from layerzoo.visualise.scatter import scatter


def test_scatter_has_a_dot_at_each_place_in_the_colour_of_its_class() -> None:
    places = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 4.0]])
    picture = scatter(places, np.array([0, 1, 2]), ["a", "b"])
    assert picture.getpixel((36, 604)) == colour(1)
    assert picture.getpixel((604, 604)) == colour(2)
    assert picture.getpixel((604, 36)) == colour(3)
    assert picture.getpixel((36, 36)) == (255, 255, 255)
    assert [picture.getpixel((645, 41 + 18 * place)) for place in range(3)] == [colour(n) for n in (1, 2, 3)]


def test_scatter_without_labels_has_one_colour_and_no_names() -> None:
    picture = scatter(np.array([[0.0, 1.0], [1.0, 1.0]]))
    assert picture.size == (640, 640)
    assert picture.getpixel((36, 604)) == (33, 102, 172)


def test_scatter_of_many_classes_has_no_names() -> None:
    assert scatter(np.random.default_rng(0).random((40, 2)), np.arange(40)).size == (640, 640)
