"""Pool the outputs of the batches of a test: means, mean average precision and mean IoU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Final

import numpy as np
import torch
from torch import Tensor

from layerzoo.errors import Fault, did_you_mean, nearest
from layerzoo.functional.average_precision import VERSIONS, average_precision
from layerzoo.functional.confusion import overlaps
from layerzoo.graph import Graph
from layerzoo.layer import LAYERS
from layerzoo.log import number
from layerzoo.net import Net
from layerzoo.schema import SolverParameter
from layerzoo.solver.outputs import output_values, output_weights

EVALUATIONS: Final = ("classification", "detection")
"""The values of ``eval_type``."""


@dataclass
class Scores:
    """The outputs of a test, averaged over its batches.

    Attributes:
        values: the elements of each output by blob name, in the net's order.
        weights: loss weight by blob name; 0 if it is not a loss.
        by_class: of each output of detections, whose value is the mean average precision, the average
            precision of each class with detections; of each output that counts pixels, whose value is the
            mean intersection over union, that of each class.
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    by_class: dict[str, dict[int, float]] = field(default_factory=dict)

    @property
    def loss(self) -> float:
        """The weighted sum of the loss outputs."""
        return sum(sum(self.values[name]) * weight for name, weight in self.weights.items() if weight)

    def class_lines(self) -> Iterator[str]:
        """Lines such as ``class1: 0.75``: the average precision or intersection over union of each class."""
        for values in self.by_class.values():
            yield from (f"class{label}: {number(value)}" for label, value in values.items())


class Pooled:
    """The outputs of a test's batches, pooled.

    Args:
        net: the test net.
        ap_version: how average precisions are computed, see `layerzoo.functional.average_precision`.
    """

    def __init__(self, net: Net, ap_version: str = "Integral") -> None:
        self.net = net
        self.ap_version = ap_version
        listing, counting = detection_outputs(net.graph), pixel_outputs(net.graph)
        self._lists = [blob.name in listing for blob in net.graph.outputs]
        self._counts = [blob.name in counting for blob in net.graph.outputs]
        self._sums: list[Tensor] | None = None
        self._tables: list[list[Tensor]] = [[] for _ in self._lists]
        self._total = 0.0

    def add(self, outputs: Sequence[Tensor], share: float = 1.0) -> None:
        """Add a batch.

        Args:
            outputs: the net's outputs.
            share: size of the batch as a fraction of a full one.
        """
        self._total += share
        means = []
        for index, output in enumerate(outputs):
            if index < len(self._lists) and self._lists[index]:
                self._tables[index].append(output.detach().reshape(-1, output.shape[-1]))
            elif index < len(self._counts) and self._counts[index]:
                counts = output.detach()[0, 0].double()
                self._tables[index] = [sum(self._tables[index], counts)]
            else:
                means.append(output.float() * share if share != 1 else output.float())
        earlier = self._sums
        self._sums = means if earlier is None else [s + m for s, m in zip(earlier, means, strict=True)]

    def scores(self) -> Scores:
        """The scores of all batches."""
        scores = Scores(weights=output_weights(self.net))
        means = iter(self._sums or [])
        columns: list[Tensor] = []
        plain = []
        for index, blob in enumerate(self.net.graph.outputs):
            tables = self._tables[index]
            if self._lists[index] or self._counts[index]:
                scores.values[blob.name] = [0.0]
                if tables:
                    rate = self._rate if self._lists[index] else _overlap
                    rate(blob.name, torch.cat(tables), scores)
            else:
                columns.append(next(means, torch.empty(0)))
                scores.values[blob.name] = []
                plain.append(blob)
        numbers = output_values(plain, columns)
        scores.values |= {name: [v / self._total for v in each] for name, each in numbers.items()}
        return scores

    def _rate(self, name: str, table: Tensor, scores: Scores) -> None:
        """Compute the average precisions of an output from its rows (see `DetectionEvaluate`)."""
        rows = table.float().cpu().numpy()
        heads = rows[:, 0] == -1
        counts: dict[int, int] = {}
        for label, positives in rows[heads, 1:3].astype(np.int64).tolist():
            counts[label] = counts.get(label, 0) + positives
        verdicts = rows[~heads & (rows[:, 3:].any(1))]
        labels = verdicts[:, 1].astype(np.int64)
        order = np.argsort(labels, kind="stable")
        first, last = (np.searchsorted(labels[order], list(counts), side) for side in ("left", "right"))
        precisions = {}
        for label, start, end in zip(counts, first.tolist(), last.tolist(), strict=True):
            of_class = verdicts[order[start:end]]
            if len(of_class):
                right = of_class[:, 3] == 1
                precision = average_precision(of_class[:, 2], right, counts[label], self.ap_version)
                precisions[label] = precision
        scores.values[name] = [sum(precisions.values()) / max(1, len(counts))]
        scores.by_class[name] = precisions


def _overlap(name: str, counts: Tensor, scores: Scores) -> None:
    """Compute the intersection over union of each class from the pixels of a test (see `MeanIOU`)."""
    found = {label: value for label, value in enumerate(overlaps(counts).tolist()) if not isnan(value)}
    scores.values[name] = [sum(found.values()) / max(1, len(found))]
    scores.by_class[name] = found


def detection_outputs(graph: Graph) -> set[str]:
    """Names of the outputs that list detections, of layers such as DetectionEvaluate."""
    return _first_tops(graph, [LAYERS[layer.kind.type_name].evaluates_detections for layer in graph.layers])


def pixel_outputs(graph: Graph) -> set[str]:
    """Names of the outputs that count pixels by class, of layers such as MeanIOU."""
    return _first_tops(graph, [LAYERS[layer.kind.type_name].counts_pixels for layer in graph.layers])


def _first_tops(graph: Graph, chosen: Sequence[bool]) -> set[str]:
    """Names of the outputs that are first tops of chosen layers."""
    tops = {layer.tops[0] for layer, one in zip(graph.layers, chosen, strict=True) if one and layer.tops}
    return {blob.name for blob in graph.outputs if blob.index in tops}


def check_evaluation(param: SolverParameter, tested: Sequence[Graph]) -> list[Fault]:
    """Faults of ``eval_type`` and ``ap_version``; each names its field.

    Args:
        param: the solver.
        tested: graphs of the test nets.
    """
    faults = []
    for field_name, values in (("eval_type", EVALUATIONS), ("ap_version", VERSIONS)):
        value = getattr(param, field_name)
        if value not in values:
            hint = did_you_mean(nearest(value, values)) or f"expected {' or '.join(values)}"
            faults.append(Fault(f"unknown {field_name} '{value}'", field=field_name, hint=hint))
    if param.eval_type == "detection" and tested and not any(map(detection_outputs, tested)):
        message = "eval_type is 'detection', but no test net has an output of DetectionEvaluate"
        hint = "add such a layer, with include { phase: TEST }, or leave eval_type out"
        faults.append(Fault(message, field="eval_type", hint=hint))
    return faults
