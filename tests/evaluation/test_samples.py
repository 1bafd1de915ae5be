"""The samples behind a report, and sheets of their pictures."""

from __future__ import annotations

import numpy as np

from layerzoo.evaluation import Judged
from layerzoo.evaluation.samples import MAX_SIDE, sample_facts, sheet_facts, sheets, visible


def test_sample_facts_name_guesses_and_the_surest_samples() -> None:
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]], np.float32)
    found = sample_facts(Judged(scores, np.array([0, 1, 0])), best=2)
    assert found["labels"] == [0, 1, 0]
    assert found["guesses"] == [0, 1, 1]
    assert found["scores"] == [0.9, 0.8, 0.6]
    assert found["best"] == [[[0, 0.9], [2, 0.4]], [[1, 0.8], [2, 0.6]]]


def test_sheets_hold_the_pictures_in_rows() -> None:
    images = np.zeros((1030, 1, 4, 6), np.float32)
    images[33, 0, 0, 0] = images[1025, 0, 1, 2] = 1
    facts = sheet_facts(images)
    assert facts == {"width": 6, "height": 4, "columns": 32, "per_sheet": 1024, "count": 1030}
    first, second = sheets(images)
    assert first.size == (192, 128)
    assert second.size == (192, 4)
    assert first.getpixel((6, 4)) == (255, 255, 255), "sample 33 is the second of the second row"
    assert first.getpixel((0, 0)) == (0, 0, 0)
    assert second.getpixel((6 + 2, 1)) == (255, 255, 255), "sample 1025 is the second of the second sheet"


def test_large_pictures_are_made_smaller() -> None:
    facts = sheet_facts(np.zeros((2, 3, 200, 100), np.float32))
    assert (facts["width"], facts["height"]) == (MAX_SIDE // 2, MAX_SIDE)
    (sheet,) = sheets(np.zeros((2, 3, 200, 100), np.float32))
    assert sheet.size == (32 * MAX_SIDE // 2, MAX_SIDE)


def test_visible_picture_has_all_grey_levels_and_blue_last() -> None:
    image = np.zeros((3, 1, 2), np.float32)
    image[0, 0, 1], image[2, 0, 0] = 5, 5  # BGR
    picture = visible(image)
    assert [picture.getpixel((x, 0)) for x in (0, 1)] == [(255, 0, 0), (0, 0, 255)]
