"""What losses share: by how much a sum is divided, and labels that are checked before they index anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, prod
from typing import Any, ClassVar, NoReturn

import torch
from torch import nn

from layerzoo.errors import DataError, LayerFault
from layerzoo.functional.transforms import transforming
from layerzoo.schema import LossParameter

LOG_FLOOR = 1e-20
"""The least probability whose logarithm is taken, as Caffe's losses over probabilities do."""


def normalization(param: LossParameter, default: int = LossParameter.VALID) -> int:
    """The `LossParameter.NormalizationMode` that a loss was given, in the new field or the old one.

    ``normalize`` is the old way: true means VALID, false BATCH_SIZE; ``normalization`` wins over it.
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
) -> float | torch.Tensor:
    """What the sum of a loss is divided by; at least 1, so a batch without any label gives 0 and no NaN.

    Of batches in several processes ``valid`` alone differs from one to another.

    Args:
        mode: a `LossParameter.NormalizationMode`.
        outer: number of items in the batch.
        positions: number of labels, ignored ones included.
        valid: how many labels are not ignored, shape (); None where none can be.
        shared_count: ``clock.shared_count``.
    """
    if mode == LossParameter.VALID and valid is not None:
        return valid.clamp(min=1) if shared_count is None else shared_count(valid)
    if mode == LossParameter.NONE:
        return 1.0
    return float(max(1, outer if mode == LossParameter.BATCH_SIZE else positions))


def ignored(param: LossParameter) -> int | None:
    """The label that doesn't count, or None."""
    return param.ignore_label if param.HasField("ignore_label") else None


def check_batch(bottoms: Sequence[tuple[int, ...]]) -> None:
    """See that the first two bottoms of a loss hold as many items.

    Raises:
        LayerFault: they don't, or one has no axes.
    """
    first, second = bottoms[:2]
    if first[:1] != second[:1] or not first:
        raise LayerFault(
            f"bottoms of shapes {first} and {second}; their first axes must be equal",
            bottom=1,
            hint="both come from the same batch",
        )


def check_labels_fit(scores: tuple[int, ...], labels: tuple[int, ...], axis: int) -> None:
    """See that there is one label for each position of a blob of scores.

    Args:
        scores: shape of the scores, with the classes along ``axis`` (from 0).
        labels: shape of the labels.

    Raises:
        LayerFault: there are more or fewer.
    """
    expected = (*scores[:axis], *scores[axis + 1 :])
    if prod(labels) != prod(expected):
        raise LayerFault(
            f"{prod(labels)} labels of shape {labels} for scores of shape {scores} with classes along axis "
            f"{axis}; {prod(expected)} are needed, e.g. of shape {expected}",
            bottom=1,
            hint=f"labels are numbers from 0 to {scores[axis] - 1}, one a position",
        )


class LabelCheck(nn.Module):
    """Mixed into a layer, before `Layer`: turns a float blob of labels into indices that are safe to use.

    A label out of range is the data's fault. On the CPU it raises at once. On a GPU looking at it would make
    the whole machine wait, so the index is clamped, the range seen is kept on the device, and `check_labels`
    raises when asked, e.g. at the next display.

    Attributes:
        label_word: what an error calls a label.
        label_range: lowest label seen, highest less the number of classes, and that number; shape (3,).
    """

    label_word: ClassVar[str] = "label"
    name: str
    label_range: torch.Tensor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register_buffer("label_range", torch.tensor([inf, -inf, 0]), persistent=False)

    def indices(self, labels: torch.Tensor, count: int, ignore: int | None = None) -> torch.Tensor:
        """Labels as int64, cut towards 0 as Caffe does; each from 0 to ``count - 1``, or ``ignore``.

        Args:
            labels: any shape, any dtype.
            count: how many values exist.
            ignore: a value that passes through, in range or not.

        Raises:
            DataError: on the CPU, a label is out of range or NaN.
        """
        labels = labels.detach()
        index = labels.long()
        if not labels.numel() or transforming():  # vmap reads no values; torch refuses an index out of range
            return index
        counted = labels if ignore is None else labels.masked_fill(index == ignore, 0)
        low, high = torch.aminmax(counted)
        if labels.is_cpu and not torch.compiler.is_compiling():
            lowest, highest = low.item(), high.item()
            if not (lowest > -1 and highest < count):
                bad = highest if lowest > -1 else lowest
                also = "" if ignore is None else f", and {ignore} is ignored"
                self._raise(f"{self.label_word} {bad:g} is out of range; 0 to {count - 1} exist{also}")
            return index
        seen = self.label_range
        seen[2].fill_(count)
        seen[:2].copy_(torch.stack((torch.minimum(seen[0], low), torch.maximum(seen[1], high - count))))
        safe = index.clamp(0, count - 1)
        return safe if ignore is None else torch.where(index == ignore, index, safe)

    def check_labels(self) -> None:
        """Raise if a label of a forward pass on the GPU was out of range; waits for the GPU.

        Raises:
            DataError: one was. What was computed since is worthless.
        """
        low, over, count = self.label_range.tolist()
        if not (low > -1 and over < 0):
            bad = over + count if low > -1 else low
            self._raise(f"{self.label_word} {bad:g} is out of range; 0 to {count - 1:g} exist")

    def _raise(self, what: str) -> NoReturn:
        raise DataError(f"layer '{self.name}': {what}")
