"""ShuffleChannel: interleave groups of channels."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class ShuffleChannel(Layer):
    """Interleave ``group`` groups of channels: first the first channel of each group, then the second ones.

    Shapes: bottom (N, C, ...), top the same. Source: ShuffleNet's port to Caffe (farmingyard),
    ``shuffle_channel_layer``; Zhang et al. 2018.
    """

    family = "utility"
    passes_values = True
    example = "group: 3"
    messages = ("shuffle_channel_param",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.group = param.shuffle_channel_param.group

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shape, group = bottoms[0], param.shuffle_channel_param.group
        if len(shape) < 2:
            raise LayerFault(f"a bottom of shape {shape}, expected (N, C, ...)", bottom=0)
        if not group or shape[1] % group:
            raise LayerFault(
                f"group {group} doesn't divide the {shape[1]} channels of a bottom {shape}",
                field="shuffle_channel_param.group",
            )
        return [shape]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        _, channels, *rest = bottoms.shapes[0]
        sizes = ", ".join(map(str, rest))
        split = f"{self.group}, {channels // self.group}" + (f", {sizes}" if rest else "")
        joined = f"{channels}" + (f", {sizes}" if rest else "")
        return f"{bottoms.first}.reshape(-1, {split}).transpose(1, 2).reshape(-1, {joined})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        split = x.reshape(x.shape[0], self.group, -1, *x.shape[2:])
        return split.transpose(1, 2).flatten(1, 2)
