"""Figures of what a net said: accuracy, per class, and which classes it takes for which."""

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
    """How a net did on a set.

    Attributes:
        names: of the classes.
        top: the share of samples whose class is among the k likeliest, by k.
        confusion: samples, by right class (row) and the class that the net took them for (column).
        worst: samples it got most wrong, the worst first: index, right class, its guess, its score.
    """

    names: list[str]
    top: dict[int, float]
    confusion: NDArray[np.int64]
    worst: list[tuple[int, int, int, float]]

    @property
    def count(self) -> int:
        """Samples."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """The share of samples that it got right."""
        return float(np.trace(self.confusion)) / max(1, self.count)

    def per_class(self) -> list[dict[str, Any]]:
        """Of each class: how many samples, precision, recall and their harmonic mean."""
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
        """All of it as plain JSON."""
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
    """Make a report of what a net said.

    Args:
        judged: what it said.
        names: of the classes; without them their numbers.
        top: for which k to say how often the right class is among the k likeliest.
        worst: how many of its mistakes to keep.

    Raises:
        UsageError: a label that is no class; nothing was judged.
    """
    scores, labels = judged.scores, judged.labels
    classes = scores.shape[1]
    if not len(labels):
        raise UsageError("no sample was judged")
    if len(labels) != len(scores):
        raise UsageError(f"{len(scores)} scores for {len(labels)} labels: they don't belong together")
    if labels.min() < 0 or labels.max() >= classes:
        bad = labels.min() if labels.min() < 0 else labels.max()
        raise UsageError(f"a label of {bad}; the net scores the classes 0 to {classes - 1}")
    guesses = scores.argmax(1)
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (labels, guesses), 1)
    own = scores[np.arange(len(labels)), labels]
    better = (scores > own[:, None]).sum(1)  # how many classes it thinks likelier than the right one
    margins = scores.max(1) - own
    mistaken = np.flatnonzero(guesses != labels)
    order = mistaken[np.argsort(-margins[mistaken], kind="stable")][:worst]
    return Report(
        names=[names[i] if i < len(names) else str(i) for i in range(classes)],
        top={k: float((better < k).mean()) for k in dict.fromkeys(top) if k <= classes},
        confusion=confusion,
        worst=[(int(i), int(labels[i]), int(guesses[i]), float(scores[i, guesses[i]])) for i in order],
    )
