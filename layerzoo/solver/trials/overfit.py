"""Train on a few batches only, repeatedly: a net that can't learn those has a mistake."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from math import isfinite, nan
from typing import Final

import torch
from torch import Tensor

from layerzoo.engine.strategies.whole_net import WholeNet
from layerzoo.errors import UsageError
from layerzoo.log import number
from layerzoo.solver.solver import Solver

log = logging.getLogger("layerzoo")

_LEARNED: Final = 0.1
"""The share of the first loss that is left when the batches are learned."""
_SMALL: Final = 0.01
"""A loss that is learned whatever the first one was, as with weights that were trained before."""
_UNMOVED: Final = 0.02
"""The change of the loss, as a share, up to which it has not moved."""


@dataclass(frozen=True)
class Verdict:
    """Whether a net has learned the batches.

    Attributes:
        learned: whether it has.
        first, last: the loss on the batches before and after training.
        reason: the likely reason why it has not; empty if it has.
    """

    learned: bool
    first: float
    last: float
    reason: str = ""


class Overfit:
    """Training restricted to the first batches, which are kept in memory, augmentation included.

    Dropout differs from pass to pass.

    Args:
        solver: the solver.
        batches: number of batches, which are repeated.

    Raises:
        UsageError: the net has no data layer, or updates take turns.
    """

    def __init__(self, solver: Solver, batches: int) -> None:
        strategy = solver.engine.strategy
        if not solver.net.data_layers or not isinstance(strategy, WholeNet):
            raise UsageError("-overfit: the net has no data layer")
        if solver.engine.updates is not None:
            raise UsageError("-overfit: several updates have no common loss that could fall")
        strategy.batches.cycle = batches
        self.solver, self.batches, self._strategy = solver, batches, strategy
        self._first = nan
        log.info("Training on the first %d batches only", batches)

    def begin(self) -> None:
        """Measure the loss before training."""
        self._first = self._loss()

    def verdict(self) -> Verdict:
        """Whether the net has learned the batches, by the losses before and after training."""
        first, last = self._first, self._loss()
        if last <= max(_LEARNED * first, _SMALL):
            return Verdict(True, first, last)
        return Verdict(False, first, last, self._reason(first, last))

    def _loss(self) -> float:
        losses = [float(self._strategy.loss(batch)) for batch in range(self.batches)]
        return sum(losses) / len(losses)

    def _reason(self, first: float, last: float) -> str:
        """The likely reason why the batches were not learned."""
        solver, param = self.solver, self.solver.param
        rate = number(param.base_lr)
        if not isfinite(last):
            return f"the loss is not finite: base_lr {rate} is too high; try a tenth"
        if reason := self._data_reason():
            return reason
        if last > first * (1 + _UNMOVED):
            return f"the loss rose: base_lr {rate} is too high; try a tenth, or layerzoo find_lr"
        if last > first * (1 - _UNMOVED):
            return (
                f"the loss has not moved: base_lr {rate} is too low, or no gradient reaches the params "
                "(lr_mult 0, dead ReLUs); layerzoo find_lr looks for a rate"
            )
        causes = ["it may need more iterations (-set max_iter=N) or a higher base_lr"]
        layers = [layer for layer in solver.net.ordered_layers() if not layer.is_data]
        if noisy := [layer.name for layer in layers if layer.randomness(layer.param)]:
            causes.append(f"random layers ({', '.join(noisy[:3])}) keep the loss up")
        if param.weight_decay >= _SMALL:
            causes.append(f"weight_decay {number(param.weight_decay)} is large")
        return f"the loss fell, but not far: {'; '.join(causes)}"

    def _data_reason(self) -> str:
        """What in the batches can't be learned; empty if nothing is seen."""
        graph = self.solver.net.graph
        tops = [layer.tops for layer in graph.layers if layer.kind.is_data and len(layer.tops) > 1]
        for batch in range(self.batches):
            blobs = self._strategy.fetch_again(batch).blobs
            for samples, labels, *_ in tops:
                if samples not in blobs or labels not in blobs:
                    continue
                if reason := _contradiction(blobs[samples], blobs[labels], graph.blobs[samples].name):
                    return reason
        return ""


def _contradiction(samples: Tensor, labels: Tensor, name: str) -> str:
    """Why a batch can't be learned: equal samples with different labels; empty if there are none."""
    count = len(samples)
    if count < 2 or len(labels) != count or labels[0].numel() != 1:
        return ""
    rows = samples.reshape(count, -1)
    _, places = torch.unique(rows, dim=0, return_inverse=True)
    of_sample: dict[int, set[float]] = {}
    for place, label in zip(places.tolist(), labels.reshape(count).tolist(), strict=True):
        of_sample.setdefault(place, set()).add(label)
    several = sum(len(found) > 1 for found in of_sample.values())
    if several and len(of_sample) == 1:
        return f"all samples of '{name}' are equal: look at its source, its mean and its scale"
    if several:
        return f"{several} samples of '{name}' stand in the batch with different labels"
    return ""
