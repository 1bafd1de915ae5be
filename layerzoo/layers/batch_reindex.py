"""BatchReindex: select items of a batch by index."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class BatchReindex(LabelCheck, Layer):
    """Select items of the first bottom by the indices in the second; items may repeat or be left out.

    Shapes: bottoms (N, ...) and (M), indices from 0 to N - 1; top (M, ...). The indices get no gradient.
    Source: Caffe's ``batch_reindex_layer``.
    """

    family = "utility"
    bottoms = exactly(2)
    label_word = "item number"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        x, index = bottoms
        if len(index) != 1:
            raise LayerFault(f"item numbers of shape {index}; expected one axis", bottom=1)
        if not x:
            raise LayerFault("bottom of shape (); expected (N, ...)", bottom=0)
        return [(index[0], *x[1:])]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return shapes[0][0] if bottom == 1 else None

    def forward(self, x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        return x.index_select(0, self.indices(index, x.shape[0]))
