"""Sizes, batches and epochs that are chosen from data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerzoo.projects.asked import Asked
from layerzoo.projects.choices import balanced, choose_batch, choose_epochs, choose_side, many
from layerzoo.projects.data_description import DataDescription, Images


@pytest.mark.parametrize(
    ("height", "width", "most", "multiple", "side"),
    [
        (480, 640, 64, 1, 64),
        (28, 28, 64, 1, 28),
        (100, 70, 224, 1, 64),
        (8, 8, 64, 1, 28),
        (50, 50, 128, 16, 48),
    ],
)
def test_side_is_the_next_common_one_below_the_images(
    height: int, width: int, most: int, multiple: int, side: int
) -> None:
    chosen = choose_side(Images(height, width, 3), Asked(), most, multiple)
    assert int(chosen) == side
    assert f"{width} x {height} pixels" in chosen.why


def test_what_is_asked_for_wins(description: DataDescription) -> None:
    asked = Asked(size=50, batch_size=7, epochs=3)
    assert int(choose_side(Images(9, 9, 3), asked, 64, 16)) == 64, "the next multiple"
    assert [int(choose_batch(description, asked)), int(choose_epochs(description, 7, asked))] == [7, 3]


def test_batch_leaves_at_least_ten_updates_an_epoch(description: DataDescription) -> None:
    for train, batch in ((1000, 32), (200, 16), (80, 8), (30, 4), (2, 2)):
        assert int(choose_batch(replace(description, counts={"train": train}), Asked())) == batch


def test_epochs_give_about_2000_updates_within_bounds(description: DataDescription) -> None:
    for train, epochs in ((3200, 20), (80, 60), (320_000, 10)):
        assert int(choose_epochs(replace(description, counts={"train": train}), 32, Asked())) == epochs


def test_rare_classes_and_many_images_are_told(description: DataDescription) -> None:
    assert balanced(description)
    assert not balanced(replace(description, classes={"a": 30, "b": 80}))
    assert not many(description)
    assert many(replace(description, counts={"train": 5000}))
