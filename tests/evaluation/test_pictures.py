"""Pictures of reports."""

from __future__ import annotations

import numpy as np

from layerzoo.evaluation import Judged, Report, report
from layerzoo.evaluation.pictures import confusion_picture, contact_sheet


def report_with_a_mistake(classes: int = 2) -> Report:
    scores = np.eye(classes, dtype=np.float32)[[0, 0, 1]]
    return report(Judged(scores, np.array([0, 1, 1])))


def test_confusion_picture_is_blue_for_correct_and_red_for_wrong() -> None:
    picture = confusion_picture(report_with_a_mistake())
    left = picture.width - 2 * 44 - 1
    corners = [[picture.getpixel((left + 44 * c + 4, left + 44 * r + 4)) for c in (0, 1)] for r in (0, 1)]
    assert corners[0][0] == (33, 113, 181), "all samples of class 0 are correct"
    assert corners[0][1] == (255, 255, 255)
    red, green, blue = corners[1][0]
    assert red > blue
    assert red > green
    assert corners[1][1][2] > corners[1][1][0]


def test_confusion_picture_fits_a_thousand_classes() -> None:
    scores = np.zeros((1, 1000), np.float32)
    picture = confusion_picture(report(Judged(scores, np.array([0]))))
    assert max(picture.size) < 5000


def test_contact_sheet_has_a_picture_per_mistake() -> None:
    images = np.zeros((3, 1, 8, 8), np.float32)
    images[1, 0, 0, 0] = 5
    sheet = contact_sheet(report_with_a_mistake(), images)
    assert sheet.getpixel((7, 7)) == (255, 255, 255), "the bright pixel of the only mistake"
    assert sheet.getpixel((60, 60)) == (0, 0, 0)
    colour = contact_sheet(
        report_with_a_mistake(),
        np.stack([np.stack([np.eye(8), np.zeros((8, 8)), np.zeros((8, 8))])] * 3).astype("f4"),
    )
    assert colour.getpixel((7, 7)) == (0, 0, 255), "the first channel is blue"
    none = report(Judged(np.eye(2, dtype=np.float32), np.array([0, 1])))
    assert contact_sheet(none, images).size[0] > 100
