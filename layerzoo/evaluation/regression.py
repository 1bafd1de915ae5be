"""Reports of nets that predict numbers: errors of each target, in the units that its source has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerzoo.errors import UsageError
from layerzoo.evaluation.judge import passes
from layerzoo.net import Net
from layerzoo.net.target_scales import regressions, target_scales


@dataclass
class RegressionReport:
    """Predicted and true numbers of a set.

    Attributes:
        names: names of the targets.
        predicted, true: samples x targets, in the units of the source.
        most: the most samples of `worst`.
    """

    names: list[str]
    predicted: NDArray[np.float64]
    true: NDArray[np.float64]
    most: int = 25

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.true)

    def per_target(self) -> list[dict[str, Any]]:
        """The mean absolute error of each target, the root of the mean squared one, and R squared.

        R squared is the share of the variance that is predicted: 1 at best, 0 for the mean; None for a target
        that doesn't vary.
        """
        errors, spread = self.predicted - self.true, self.true.var(0)
        squares = (errors**2).mean(0)
        return [
            {
                "target": name,
                "mean_absolute_error": float(np.abs(errors[:, index]).mean()),
                "root_mean_squared_error": float(np.sqrt(squares[index])),
                "r_squared": float(1 - squares[index] / spread[index]) if spread[index] else None,
            }
            for index, name in enumerate(self.names)
        ]

    def worst(self) -> list[dict[str, Any]]:
        """The largest errors, compared in standard deviations of their targets; the largest first."""
        spread = self.true.std(0)
        sizes = np.abs(self.predicted - self.true) / np.where(spread > 0, spread, 1)
        order = np.argsort(-sizes, axis=None, kind="stable")[: self.most]
        places = [divmod(int(place), len(self.names)) for place in order]
        return [
            {
                "sample": row,
                "target": self.names[column],
                "true": float(self.true[row, column]),
                "predicted": float(self.predicted[row, column]),
            }
            for row, column in places
        ]

    def as_json(self) -> dict[str, Any]:
        """The report as JSON-compatible values."""
        return {"samples": self.count, "targets": self.per_target(), "worst": self.worst()}


def report_numbers(net: Net, names: Sequence[str] = (), worst: int = 25) -> RegressionReport:
    """Run a TEST net over its test set, and compare what its last loss of regression compares.

    Args:
        net: a net with data layers and such a loss.
        names: names of the targets; their numbers by default.
        worst: the most errors to list.

    Raises:
        UsageError: the net has no such loss, or no data layer.
    """
    losses = regressions(net.graph)
    if not losses:
        raise UsageError(f"net '{net.name}' has no loss that compares predictions with numbers")
    loss = losses[-1]
    batches: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for _ in passes(net):
        predicted, true = (net.blob(index).double().cpu().numpy() for index in loss.bottoms[:2])
        batches.append((predicted.reshape(len(predicted), -1), true.reshape(len(true), -1)))
    predicted, true = (np.concatenate(values) for values in zip(*batches, strict=True))
    if scales := target_scales(net.graph, loss):
        mean, std = np.array(scales).T
        predicted, true = predicted * std + mean, true * std + mean
    count = true.shape[1]
    known = [names[index] if index < len(names) else str(index) for index in range(count)]
    return RegressionReport(known, predicted, true, worst)
