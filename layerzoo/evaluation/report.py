"""Classification reports: accuracy, figures per class, confusion matrix and worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerzoo.errors import UsageError
from layerzoo.evaluation.judge import Judged


@dataclass
class Report:
    """Results of a net on a labelled set.

    Attributes:
        names: names of the classes.
        top: top-k accuracy by k, from 0 to 1.
        confusion: number of samples by true class (row) and predicted class (column).
        worst: the worst mistakes, worst first: sample, true class, predicted class, score of the prediction.
    """

    names: list[str]
    top: dict[int, float]
    confusion: NDArray[np.int64]
    worst: list[tuple[int, int, int, float]]

    @property
    def count(self) -> int:
        """Number of samples."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share of correctly classified samples, from 0 to 1."""
        return float(np.trace(self.confusion)) / max(1, self.count)

    def per_class(self) -> list[dict[str, Any]]:
        """Number of samples, precision, recall and F1 score of each class."""
        right = np.diag(self.confusion)
        true, taken = self.confusion.sum(1), self.confusion.sum(0)
        rows = []
        for index, name in enumerate(self.names):
            precision = right[index] / taken[index] if taken[index] else 0.0
            recall = right[index] / true[index] if true[index] else 0.0
            both = precision + recall
            f1 = 2 * precision * recall / both if both else 0.0
            rows.append(
                {
                    "class": name,
                    "samples": int(true[index]),
                    "precision": float(precision),
                    "recall": float(recall),
                    "f1": float(f1),
                }
            )
        return rows

    def as_json(self) -> dict[str, Any]:
        """The report as JSON-compatible values."""
        return {
            "samples": self.count,
            "accuracy": self.accuracy,
            "top": {str(k): share for k, share in self.top.items()},
            "classes": self.per_class(),
            "confusion": self.confusion.tolist(),
            "worst": [
                {"sample": i, "class": self.names[right], "taken_for": self.names[guess], "score": score}
                for i, right, guess, score in self.worst
            ],
        }


def report(judged: Judged, names: Sequence[str] = (), top: Sequence[int] = (1, 5), worst: int = 25) -> Report:
    """Compute a report from a net's scores.

    Args:
        judged: scores and labels of the samples.
        names: names of the classes; their numbers by default.
        top: values of k for top-k accuracy.
        worst: maximum number of mistakes to keep.

    Raises:
        UsageError: there are no samples, scores and labels differ in number, or a label is out of range.
    """
    scores, labels = judged.scores, judged.labels
    classes = scores.shape[1]
    if not len(labels):
        raise UsageError("no samples to evaluate")
    if len(labels) != len(scores):
        raise UsageError(f"received {len(scores)} scores and {len(labels)} labels; expected as many of each")
    if labels.min() < 0 or labels.max() >= classes:
        bad = labels.min() if labels.min() < 0 else labels.max()
        raise UsageError(f"label {bad} is out of range; the net scores the classes 0 to {classes - 1}")
    guesses = scores.argmax(1)
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (labels, guesses), 1)
    own = scores[np.arange(len(labels)), labels]
    better = (scores > own[:, None]).sum(1)  # number of classes with a higher score than the true one
    margins = scores.max(1) - own
    mistaken = np.flatnonzero(guesses != labels)
    order = mistaken[np.argsort(-margins[mistaken], kind="stable")][:worst]
    return Report(
        names=[names[i] if i < len(names) else str(i) for i in range(classes)],
        top={k: float((better < k).mean()) for k in dict.fromkeys(top) if k <= classes},
        confusion=confusion,
        worst=[(int(i), int(labels[i]), int(guesses[i]), float(scores[i, guesses[i]])) for i in order],
    )
