"""Fields that prepare images."""

from __future__ import annotations

from dataclasses import replace

from layerzoo.projects.asked import REGRESSION
from layerzoo.projects.data_description import DataDescription, Images
from layerzoo.projects.preparing import prepared


def test_only_training_changes_images_at_random(description: DataDescription) -> None:
    train, test = prepared(description, 64, train=True), prepared(description, 64, train=False)
    assert train["mirror"] is True
    assert train["warp_param"]
    assert test == {"resize_param": {"height": 64, "width": 64}, "mean_value": [127.5] * 3, "scale": 0.0157}
    assert {name: train[name] for name in test} == test


def test_images_of_numbers_are_not_changed_at_random(description: DataDescription) -> None:
    numbers = replace(description, task=REGRESSION)
    assert prepared(numbers, 64, train=True) == prepared(numbers, 64, train=False)


def test_grey_images_stay_grey_and_are_not_mirrored(description: DataDescription) -> None:
    fields = prepared(replace(description, images=Images(28, 28, 1)), 28, train=True)
    assert fields["force_gray"] is True
    assert fields["mean_value"] == [127.5]
    assert "mirror" not in fields, "they may be letters or digits"
    assert fields["warp_param"], "they are few as often as photos are"
