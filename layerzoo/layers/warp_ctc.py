"""WarpCTC: cost of sequences of labels, by Baidu's warp-ctc."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.functional.ctc import WARP_IGNORES, warp_loss, warp_shapes
from layerzoo.functional.loss import LabelCheck
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class WarpCTC(LabelCheck, Layer):
    """Mean cost of sequences that can be aligned: ``-log`` of the probability of their labels by softmax.

    In labels (N, L), ``blank_index`` is padding. Labels (L, N) end at the first negative one, or have
    lengths; with indicators and ``blank_index: 0`` they are counted from 1. The gradient is that of the sum
    over sequences, whatever the loss weight is.

    Shapes: bottoms (T, N, C), scores, and (N, L) labels; or (T, N) indicators and (L, N) labels; or N numbers
    of steps, N numbers of labels and (L, N) labels; top (). Source: ``warp_ctc_loss_layer`` of forks of
    ChWick/caffe; Graves, Fernández, Gomez and Schmidhuber 2006.
    """

    family = "loss"
    messages = ("ctc_loss_param",)
    ignores = WARP_IGNORES
    bottoms = between(2, 4)
    is_loss = True
    without_gradient = (1, 2, 3)
    stays_fp32 = True

    @property
    def divides_by_first_axis(self) -> bool:
        return False  # that of sequences is the second one

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return "that of the sum over sequences, whatever the loss weight is"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.blank = param.ctc_loss_param.blank_index

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return warp_shapes(param, bottoms)

    def forward(self, x: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        weight = (self.given_loss_weight or 1.0) / self.clock.processes
        return warp_loss(x, others, self.blank, weight, self.indices)
