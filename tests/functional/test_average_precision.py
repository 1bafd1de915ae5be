"""Average precision, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.functional.average_precision import VERSIONS, average_precision

SCORES = np.array([0.2, 0.9, 0.6, 0.8], np.float32)
RIGHT = np.array([True, True, True, False])
# by score: right, wrong, right, right; precision 1, 1/2, 2/3, 3/4; of 4 objects recall 1/4, 1/4, 1/2, 3/4


@pytest.mark.parametrize(
    ("version", "value"),
    [
        ("Integral", (1 + 2 / 3 + 3 / 4) / 4),
        # SSD weighs a step by the highest precision from the detection before it on: 3/4, then 3/4
        ("MaxIntegral", (1 + 3 / 4 + 3 / 4) / 4),
        # recall 0 to 0.2: 1; 0.3 to 0.7: 3/4; above: 0
        ("11point", (3 * 1 + 5 * 3 / 4) / 11),
    ],
)
def test_average_precision_of_four_detections(version: str, value: float) -> None:
    assert average_precision(SCORES, RIGHT, 4, version) == pytest.approx(value)


@pytest.mark.parametrize("version", VERSIONS)
def test_average_precision_without_detections_or_objects_is_0(version: str) -> None:
    assert average_precision(SCORES[:0], RIGHT[:0], 4, version) == 0
    assert average_precision(SCORES, RIGHT, 0, version) == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_average_precision_of_all_right_is_1(version: str) -> None:
    assert average_precision(SCORES, np.ones(4, bool), 4, version) == pytest.approx(1)


def test_max_integral_takes_the_precision_before_a_step() -> None:
    # precision 1, then 1/2 over the second half of the recall, which SSD weighs by 1
    scores, right = np.array([0.9, 0.8, 0.7], np.float32), np.array([True, False, True])
    assert average_precision(scores, right, 2, "MaxIntegral") == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(scores[:2], np.array([True, True]), 2, "MaxIntegral") == pytest.approx(1)


def test_eleven_points_below_the_first_recall_see_only_the_detections_that_are_left() -> None:
    # the first detection has recall 1/2 and precision 1/1 ... a wrong one first: 0, then 1/2, 2/3
    scores, right = np.array([0.9, 0.8, 0.7], np.float32), np.array([False, True, True])
    # recall 0, 1/2, 1: points above 1/2 and at most 1: 2/3; 0.1 to 0.5: carried 2/3; 0: carried
    assert average_precision(scores, right, 2, "11point") == pytest.approx(2 / 3)
    # both right but for a third of four: recall 1/4 at once, so points 0 and 0.1 see the first alone
    right = np.array([True, True, False])
    assert average_precision(scores, right, 4, "11point") == pytest.approx(6 / 11)


def test_equal_scores_keep_their_order() -> None:
    scores = np.full(2, 0.5, np.float32)
    assert average_precision(scores, np.array([True, False]), 1) == 1
    assert average_precision(scores, np.array([False, True]), 1) == 0.5
