"""Crop: cut a blob to the size of another."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, canonical_axis, exactly, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Crop(Layer):
    """Crop the first bottom to the size of the second along ``axis`` and all axes after it.

    ``offset`` is the first index of the crop, one for all these axes or one for each; 0 by default. The
    values of the second bottom are not used.

    Shapes: bottoms (outer..., A...) and (any..., B...) with equal numbers of axes, top (outer..., B...).
    Source: Caffe's ``crop_layer``.
    """

    family = "vision"
    any_layout = True
    passes_values = True
    bottoms = exactly(2)
    messages = ("crop_param",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis, self.offsets = _cut(param, bottom_shapes)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        axis, offsets = _cut(param, bottoms)
        first, second = bottoms
        for i, offset in enumerate(offsets, axis):
            if offset + second[i] > first[i]:
                raise LayerFault(
                    f"a crop of {second[i]} at offset {offset} along axis {i} exceeds the first bottom: "
                    f"bottoms of shapes {first} and {second}",
                    field="crop_param.offset",
                )
        return [(*first[:axis], *second[axis:])]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        axis, offsets = self.axis, self.offsets
        starts = dict(zip(range(axis, len(bottoms.shapes[0])), offsets, strict=True))
        parts = [
            f"{starts[i]}:{starts[i] + bottoms.tops[0][i]}" if i in starts else ":"
            for i in range(len(bottoms.shapes[0]))
        ]
        return f"{bottoms.first}[{', '.join(parts)}]"

    def forward(self, x: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
        for axis, offset in enumerate(self.offsets, self.axis):
            x = x.narrow(axis, offset, reference.shape[axis])
        return x


def _cut(param: LayerParameter, bottoms: Sequence[Shape]) -> tuple[int, tuple[int, ...]]:
    """The first cropped axis and the offset of each."""
    p, (first, second) = param.crop_param, bottoms
    if len(first) != len(second):
        raise LayerFault(f"bottoms of shapes {first} and {second}; both must have as many axes", bottom=1)
    axis = canonical_axis(p.axis, len(first), "crop_param.axis")
    offsets = tuple(p.offset) or (0,)
    cut = len(first) - axis
    if len(offsets) not in {1, cut}:
        raise LayerFault(
            f"{len(offsets)} offsets for the {cut} axes from {axis} on of a bottom {first}",
            field="crop_param.offset",
            hint="give one for all, or one for each",
        )
    return axis, offsets * cut if len(offsets) == 1 else offsets
