"""Pad: elements added in front of and behind axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.padding import border, extended, reflected, replicated, wrapped
from layerzoo.layer import Layer, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter, PadParameter

_BY_AXIS: Final[dict[int, Callable[[torch.Tensor, int, int, int], torch.Tensor]]] = {
    PadParameter.REFLECT: reflected,
    PadParameter.REPLICATE: replicated,
    PadParameter.CIRCULAR: wrapped,
}


@register
class Pad(Layer):
    """Elements added in front of and behind the axes from ``axis`` on: ``value``, or those of the blob.

    Shapes: bottom any, top the same with ``pad_begin + pad_end`` more elements along each padded axis.
    Source: ours; as numpy's ``pad``, where CIRCULAR is ``wrap`` and REPLICATE ``edge``.
    """

    family = "utility"
    any_layout = True
    example = "pad_begin: 1 pad_end: 2 mode: REFLECT"
    example_bottoms = ((2, 3, 4, 5),)
    messages = ("pad_param",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.mode, self.value = param.pad_param.mode, param.pad_param.value
        self.begin, self.end = _pads(param, bottom_shapes[0])

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, shape = param.pad_param, bottoms[0]
        begin, end = _pads(param, shape)
        if p.HasField("value") and p.mode != PadParameter.CONSTANT:
            raise LayerFault(
                f"value {p.value:g} with mode {PadParameter.Mode.Name(p.mode)}",
                field="pad_param.value",
                hint="only CONSTANT adds a value",
            )
        spare = {PadParameter.REFLECT: 1, PadParameter.CIRCULAR: 0}.get(p.mode)
        for axis, (size, *sides) in enumerate(zip(shape, begin, end, strict=True)):
            for name, count in zip(("pad_begin", "pad_end"), sides, strict=True):
                if count and not size and p.mode != PadParameter.CONSTANT:
                    raise LayerFault(f"axis {axis} of {shape} has no elements to repeat", bottom=0)
                if spare is not None and count > size - spare:
                    raise LayerFault(
                        f"{name} {count} of axis {axis} of size {size}, in mode "
                        f"{PadParameter.Mode.Name(p.mode)}",
                        field=f"pad_param.{name}",
                        hint=f"at most {size - spare} elements can be repeated",
                    )
        return [tuple(map(sum, zip(shape, begin, end, strict=True)))]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        top = bottoms.first
        if self.mode == PadParameter.CONSTANT:
            value = f", value={number(self.value)}" if self.value else ""
            return f"F.pad({top}, {border(self.begin, self.end)}{value})"
        name = source.function(_BY_AXIS[self.mode])
        for axis, begin, end in self._padded():
            top = f"{name}({top}, {axis}, {begin}, {end})"
        return top

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.mode == PadParameter.CONSTANT:
            return extended(x, self.begin, self.end, self.value)
        for axis, begin, end in self._padded():
            x = _BY_AXIS[self.mode](x, axis, begin, end)
        return x

    def _padded(self) -> list[tuple[int, int, int]]:
        sides = zip(self.begin, self.end, strict=True)
        return [(axis, *pads) for axis, pads in enumerate(sides) if any(pads)]


def _pads(param: LayerParameter, shape: Shape) -> tuple[list[int], list[int]]:
    """The number of elements in front of each axis of a blob, and behind it."""
    p = param.pad_param
    axis = canonical_axis(p.axis, len(shape), "pad_param.axis")
    sides = []
    for name in ("pad_begin", "pad_end"):
        counts, axes = list(getattr(p, name)), len(shape) - axis
        if len(counts) not in {0, 1, axes}:
            raise LayerFault(
                f"{name} has {len(counts)} numbers; a bottom of shape {shape} has {axes} axes from axis "
                f"{axis} on",
                field=f"pad_param.{name}",
                hint="give one for all these axes, or one for each",
            )
        counts = counts * axes if len(counts) == 1 else counts or [0] * axes
        sides.append([0] * axis + counts)
    return sides[0], sides[1]
