"""Functions shared by losses: normalisation of the sum, and validated labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, prod
from typing import Any, ClassVar, NoReturn

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.errors import DataError, LayerFault
from layerzoo.functional.transforms import may_read, transforming
from layerzoo.schema import LossParameter

LOG_FLOOR = 1e-20
"""Lower bound of a probability before its logarithm is taken, as in Caffe's losses over probabilities."""


def normalization(param: LossParameter, default: int = LossParameter.VALID) -> int:
    """The `LossParameter.NormalizationMode` of a loss, from the new field or the old one.

    ``normalization`` overrides the old ``normalize``, whose true means VALID and false BATCH_SIZE.
    """
    if param.HasField("normalization"):
        return param.normalization
    if param.HasField("normalize"):
        return LossParameter.VALID if param.normalize else LossParameter.BATCH_SIZE
    return default


def normalizer(
    mode: int,
    outer: int,
    positions: int,
    valid: torch.Tensor | None = None,
    shared_count: Callable[[torch.Tensor], torch.Tensor] | None = None,
    fixed: float = 1.0,
) -> float | torch.Tensor:
    """The divisor of the sum of a loss, at least 1: a batch without labels gives 0 instead of NaN.

    Among several processes, whose losses are averaged, ``valid`` is counted over all of them, and a divisor
    that doesn't depend on the batch is divided by their number.

    Args:
        mode: a `LossParameter.NormalizationMode`.
        outer: number of items in the batch.
        positions: number of labels, including ignored ones.
        valid: number of labels that are not ignored, shape (); None if no label can be ignored.
        shared_count: ``clock.shared_count``.
        fixed: the divisor of PRE_FIXED.
    """
    if mode in (LossParameter.PRE_FIXED, LossParameter.NONE):
        constant = max(1.0, fixed) if mode == LossParameter.PRE_FIXED else 1.0
        # the share of a count of 0, which is taken for 1
        return constant if shared_count is None else constant * float(shared_count(torch.zeros(())))
    if mode == LossParameter.VALID and valid is not None:
        return valid.clamp(min=1) if shared_count is None else shared_count(valid)
    return float(max(1, outer if mode == LossParameter.BATCH_SIZE else positions))


def ignored(param: LossParameter) -> int | None:
    """The label to ignore, or None."""
    return param.ignore_label if param.HasField("ignore_label") else None


def check_batch(bottoms: Sequence[tuple[int, ...]]) -> None:
    """Check that the first two bottoms of a loss have equal batch sizes.

    Raises:
        LayerFault: they differ, or a bottom has no axes.
    """
    first, second = bottoms[:2]
    if first[:1] != second[:1] or not first:
        raise LayerFault(
            f"bottoms of shapes {first} and {second}; their first axes must be equal",
            bottom=1,
            hint="both come from the same batch",
        )


def check_labels_fit(scores: tuple[int, ...], labels: tuple[int, ...], axis: int) -> None:
    """Check that there is one label per position of a blob of scores.

    Args:
        scores: shape of the scores, with the classes along ``axis`` (from 0).
        labels: shape of the labels.

    Raises:
        LayerFault: the number of labels is another.
    """
    expected = (*scores[:axis], *scores[axis + 1 :])
    if prod(labels) != prod(expected):
        raise LayerFault(
            f"{prod(labels)} labels of shape {labels} for scores of shape {scores} with classes along axis "
            f"{axis}; expected {prod(expected)}, e.g. of shape {expected}",
            bottom=1,
            hint=f"labels are numbers from 0 to {scores[axis] - 1}, one per position",
        )


def label_losses(scores: torch.Tensor, target: torch.Tensor, ignore: int | None) -> torch.Tensor:
    """The loss of each label, ``-log softmax(scores)[label]``; 0 for a label that is ignored.

    Args:
        scores: shape (N, C, inner...).
        target: labels, int64, shape (N, inner...).
        ignore: the label that is ignored, or None.
    """
    logs = F.log_softmax(scores, 1)
    if ignore is None:
        return -logs.gather(1, target.unsqueeze(1)).squeeze(1)
    counts = target != ignore
    taken = torch.where(counts, target, 0)
    return torch.where(counts, -logs.gather(1, taken.unsqueeze(1)).squeeze(1), 0)


class LabelCheck(nn.Module):
    """Mixin for layers, before `Layer` among the bases: converts a float blob of labels to valid indices.

    On the CPU a label out of range raises at once. On a GPU reading it would synchronise with the device, so
    the index is clamped, the range of the labels is recorded on the device, and `check_labels` raises when
    called, e.g. at the next display.

    Attributes:
        label_word: the term for a label in error messages.
        label_range: lowest label so far, highest label minus the number of classes, and that number; shape
            (3,).
    """

    label_word: ClassVar[str] = "label"
    name: str
    label_range: torch.Tensor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register_buffer("label_range", torch.tensor([inf, -inf, 0]), persistent=False)

    def indices(self, labels: torch.Tensor, count: int, ignore: int | None = None) -> torch.Tensor:
        """Labels as int64, truncated towards 0 as in Caffe; each from 0 to ``count - 1``, or ``ignore``.

        Args:
            labels: of any shape and dtype.
            count: number of classes.
            ignore: a label that is left as it is, in range or not.

        Raises:
            DataError: on the CPU, a label is out of range or NaN.
        """
        labels = labels.detach()
        index = labels.long()
        if not labels.numel() or transforming():  # vmap can't read values; torch checks indices itself
            return index
        counted = labels if ignore is None else labels.masked_fill(index == ignore, 0)
        low, high = torch.aminmax(counted)
        if labels.is_cpu and may_read():
            lowest, highest = low.item(), high.item()
            if not (lowest > -1 and highest < count):
                bad = highest if lowest > -1 else lowest
                also = "" if ignore is None else f", and {ignore} is ignored"
                place = int((~((counted > -1) & (counted < count))).flatten().nonzero()[0])
                row = place * len(labels) // labels.numel() if labels.dim() else None
                self._raise(f"{self.label_word} {bad:g} is out of range; 0 to {count - 1} exist{also}", row)
            return index
        limits = self.label_range
        limits[2].fill_(count)
        limits[:2].copy_(torch.stack((torch.minimum(limits[0], low), torch.maximum(limits[1], high - count))))
        safe = index.clamp(0, count - 1)
        return safe if ignore is None else torch.where(index == ignore, index, safe)

    def check_labels(self) -> None:
        """Check the labels of all forward passes on a GPU so far; synchronises with the GPU.

        Raises:
            DataError: a label was out of range; results computed from it are invalid.
        """
        low, over, count = self.label_range.tolist()
        if not (low > -1 and over < 0):
            bad = over + count if low > -1 else low
            self._raise(f"{self.label_word} {bad:g} is out of range; 0 to {count - 1:g} exist")

    def _raise(self, what: str, row: int | None = None) -> NoReturn:
        error = DataError(f"layer '{self.name}': {what}")
        error.row = row
        raise error
