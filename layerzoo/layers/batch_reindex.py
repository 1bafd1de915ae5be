"""BatchReindex: picks items of a batch by number."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class BatchReindex(LabelCheck, Layer):
    """The items of its first bottom in the order of the second; an item may come often or never.

    Shapes: bottoms (N, ...) and M numbers from 0 to N - 1, shape (M); top (M, ...). The numbers get no
    gradient. Source: Caffe's ``batch_reindex_layer``.
    """

    family = "utility"
    bottoms = exactly(2)
    label_word = "item number"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        x, index = bottoms
        if len(index) != 1:
            raise LayerFault(f"item numbers of shape {index}; one axis is needed", bottom=1)
        if not x:
            raise LayerFault("a bottom without axes holds no items", bottom=0)
        return [(index[0], *x[1:])]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return shapes[0][0] if bottom == 1 else None

    def forward(self, x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        return x.index_select(0, self.indices(index, x.shape[0]))
