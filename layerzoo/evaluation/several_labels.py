"""Reports of nets that say yes or no to several labels of a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerzoo.errors import UsageError
from layerzoo.evaluation.judge import passes
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS
from layerzoo.net import Net
from layerzoo.net.target_scales import target_source

_YES = 0.5


@dataclass
class LabelsReport:
    """Probabilities of labels, and the labels of a set.

    Attributes:
        names: names of the labels.
        probability: samples x labels, from 0 to 1.
        true: samples x labels: 1 for yes, 0 for no; any other value is left out.
        most: the most samples of `worst`.
    """

    names: list[str]
    probability: NDArray[np.float64]
    true: NDArray[np.float64]
    most: int = 25

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.true)

    @property
    def all_right(self) -> float:
        """Share of the samples of which all labels are right, from 0 to 1."""
        wrong = ((self.probability >= _YES) != (self.true == 1)) & self._counted
        return float((~wrong.any(1)).mean()) if self.count else 0.0

    def per_label(self) -> list[dict[str, Any]]:
        """Samples with each label; accuracy, precision, recall, F1 and average precision of the answers."""
        rows = []
        for index, name in enumerate(self.names):
            counted = self._counted[:, index]
            score, true = self.probability[counted, index], self.true[counted, index] == 1
            said = score >= _YES
            right = int((said & true).sum())
            precision, recall = right / max(1, int(said.sum())), right / max(1, int(true.sum()))
            both = precision + recall
            rows.append(
                {
                    "label": name,
                    "samples": int(true.sum()),
                    "accuracy": float((said == true).mean()) if len(true) else 0.0,
                    "precision": precision,
                    "recall": recall,
                    "f1": 2 * precision * recall / both if both else 0.0,
                    "average_precision": average_precision(score, true),
                }
            )
        return rows

    def worst(self) -> list[dict[str, Any]]:
        """The wrong answers that the net was surest of, the surest first."""
        away = np.where(self._counted, np.abs(self.probability - (self.true == 1)), 0)
        order = np.argsort(-away, axis=None, kind="stable")[: self.most]
        places = [divmod(int(place), len(self.names)) for place in order]
        return [
            {
                "sample": row,
                "label": self.names[column],
                "true": bool(self.true[row, column] == 1),
                "probability": float(self.probability[row, column]),
            }
            for row, column in places
            if away[row, column] > _YES
        ]

    def as_json(self) -> dict[str, Any]:
        """The report as JSON-compatible values."""
        return {
            "samples": self.count,
            "all_right": self.all_right,
            "labels": self.per_label(),
            "worst": self.worst(),
        }

    @property
    def _counted(self) -> NDArray[np.bool_]:
        return np.isin(self.true, (0, 1))


def average_precision(scores: NDArray[np.float64], true: NDArray[np.bool_]) -> float | None:
    """The mean of the precision at each sample that has the label, by falling score; None if none has it."""
    if not true.any():
        return None
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(true[order])
    precision = right / np.arange(1, len(order) + 1)
    return float(precision[true[order]].mean())


def label_losses(graph: Graph) -> list[GraphLayer]:
    """The losses that compare each score with a label of the data, if none compares classes."""
    kinds = [(layer, LAYERS[layer.kind.type_name]) for layer in graph.layers if len(layer.bottoms) > 1]
    if any(kind.class_axis(layer.param) is not None for layer, kind in kinds):
        return []
    return [layer for layer, kind in kinds if kind.separate_labels and target_source(graph, layer)]


def report_labels(net: Net, names: Sequence[str] = (), worst: int = 25) -> LabelsReport:
    """Run a TEST net over its test set, and compare what its last loss of labels compares.

    Args:
        net: a net with data layers and such a loss.
        names: names of the labels; their numbers by default.
        worst: the most errors to list.

    Raises:
        UsageError: the net has no such loss, or no data layer.
    """
    losses = label_losses(net.graph)
    if not losses:
        raise UsageError(f"net '{net.name}' has no loss that compares each score with a label of its own")
    batches: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for _ in passes(net):
        scores, labels = (net.blob(index).double().cpu().numpy() for index in losses[-1].bottoms[:2])
        batches.append((scores.reshape(len(scores), -1), labels.reshape(len(labels), -1)))
    scores, true = (np.concatenate(values) for values in zip(*batches, strict=True))
    known = [names[index] if index < len(names) else str(index) for index in range(true.shape[1])]
    return LabelsReport(known, 1 / (1 + np.exp(-scores.clip(-500, 500))), true, worst)
