"""Filter: select items of a batch by a selector blob."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, at_least, register
from layerzoo.schema import LayerParameter


@register
class Filter(Layer):
    """Select the items of its bottoms for which the last bottom, the selector, is not 0.

    The size of the tops depends on the data, so on a GPU each forward pass synchronises with the device.

    Shapes: bottoms (N, ...) and a selector of N values; tops (M, ...), one per bottom except the selector,
    with M <= N selected items; before the first pass M is N, as in Caffe. Source: Caffe's ``filter_layer``.
    """

    family = "utility"
    bottoms = at_least(2)
    tops = at_least(1)
    shapes_by_value = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        *blobs, selector = bottoms
        if len(param.top) != len(blobs):
            raise LayerFault(
                f"{len(param.top)} tops for {len(bottoms)} bottoms; expected one for each bottom except the "
                "last, the selector"
            )
        if not selector or prod(selector[1:]) != 1:
            raise LayerFault(
                f"a selector of shape {selector}; expected one value per item", bottom=len(blobs)
            )
        for index, shape in enumerate(blobs):
            if shape[:1] != selector[:1]:
                raise LayerFault(
                    f"a bottom of shape {shape} and a selector of shape {selector}; "
                    "their first axes must be equal",
                    bottom=index,
                )
        return blobs

    def shapes_for(self, bottoms: Sequence[torch.Tensor]) -> list[Shape]:
        selected = int(bottoms[-1].count_nonzero())
        shapes = self.top_shapes(self.param, [tuple(bottom.shape) for bottom in bottoms])
        return [(selected, *shape[1:]) for shape in shapes]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return 2 if bottom == len(shapes) - 1 else None

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        *blobs, selector = bottoms
        selected = selector.detach().reshape(-1).nonzero().reshape(-1)
        tops = tuple(x.index_select(0, selected) for x in blobs)
        return tops[0] if len(tops) == 1 else tops
