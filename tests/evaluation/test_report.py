"""Classification reports, with figures computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.errors import UsageError
from layerzoo.evaluation import Judged, report

SCORES = np.array(
    [
        [0.7, 0.2, 0.1],  # 0, right
        [0.6, 0.3, 0.1],  # 1, taken for 0
        [0.1, 0.8, 0.1],  # 1, right
        [0.5, 0.1, 0.4],  # 2, taken for 0
        [0.9, 0.0, 0.1],  # 2, taken for 0, worst
        [0.2, 0.3, 0.5],  # 2, right
    ],
    np.float32,
)
LABELS = np.array([0, 1, 1, 2, 2, 2])


def test_report_agrees_with_figures_by_hand() -> None:
    result = report(Judged(SCORES, LABELS), ["cat", "dog"], top=(1, 2, 5), worst=2)
    assert result.names == ["cat", "dog", "2"]
    assert result.count == 6
    assert result.accuracy == 0.5
    assert result.top == {1: 0.5, 2: 1.0}
    assert result.confusion.tolist() == [[1, 0, 0], [1, 1, 0], [2, 0, 1]]
    assert [row[:3] for row in result.worst] == [(4, 2, 0), (1, 1, 0)]
    cat, dog, two = result.per_class()
    assert cat == {"class": "cat", "samples": 1, "precision": 0.25, "recall": 1.0, "f1": pytest.approx(0.4)}
    assert (dog["precision"], dog["recall"]) == (1.0, 0.5)
    assert (two["samples"], two["recall"]) == (3, pytest.approx(1 / 3))
    plain = result.as_json()
    assert plain["top"] == {"1": 0.5, "2": 1.0}
    assert plain["worst"][0] == {"sample": 4, "class": "2", "taken_for": "cat", "score": pytest.approx(0.9)}


def test_f1_of_an_absent_class_is_zero() -> None:
    result = report(Judged(np.array([[1.0, 0, 0]], np.float32), np.array([0])))
    assert [row["f1"] for row in result.per_class()] == [1.0, 0.0, 0.0]


def test_report_rejects_inconsistent_scores_and_labels() -> None:
    with pytest.raises(UsageError, match="label 3 is out of range; the net scores the classes 0 to 2"):
        report(Judged(SCORES[:1], np.array([3])))
    with pytest.raises(UsageError, match="received 2 scores and 1 labels"):
        report(Judged(SCORES[:2], np.array([1])))
    with pytest.raises(UsageError, match="no samples to evaluate"):
        report(Judged(SCORES[:0], LABELS[:0]))
