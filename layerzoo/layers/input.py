"""Input: blobs provided by the caller of a net."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, at_least, exactly, register
from layerzoo.schema import LayerParameter

T = TypeVar("T")

_ANY: Final = -1
"""The size in a shape of an axis that may have any size."""
_FIRST: Final = 1
_OTHER: Final = 64
"""Sizes with which shapes are computed, of such an axis: the first one, and the others."""


@register
class Input(Layer):
    """Declare the input blobs of a net and their shapes.

    Shapes: no bottoms; one ``shape`` for all tops or one for each. The batch size may differ when the net
    runs. An axis of -1, or one that ``axes`` names, may have any size; the layers below must allow it.
    Without ``shape`` the tops take the shapes of the inputs. Source: Caffe's ``input_layer``; -1 and ``axes``
    are ours.
    """

    family = "data"
    example = "shape { dim: 1 dim: 3 dim: 224 dim: 224 }"
    bottoms = exactly(0)
    tops = at_least(1)
    messages = ("input_param",)
    is_input = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shapes = _of_tops(param, [tuple(shape.dim) for shape in param.input_param.shape], "shape")
        for shape in shapes:
            if any(size < 1 and size != _ANY for size in shape):
                raise LayerFault(
                    f"a shape of {shape}: each axis must be at least 1, or {_ANY} for any size",
                    field="input_param.shape",
                )
        for shape, names in zip(shapes, cls.input_axes(param), strict=False):
            if len(names) != len(shape):
                raise LayerFault(
                    f"{len(names)} names of axes for the shape {shape}",
                    field="input_param.axes",
                    hint="name each axis; '_' for one of one size",
                )
        return [tuple(_size(axis, size) for axis, size in enumerate(shape)) for shape in shapes]

    @classmethod
    def input_axes(cls, param: LayerParameter) -> Sequence[Sequence[str]]:
        shapes = _of_tops(param, [tuple(shape.dim) for shape in param.input_param.shape], "shape")
        named = _of_tops(param, [text.split() for text in param.input_param.axes], "axes")
        if named and not shapes:
            raise LayerFault("axes of tops without a shape", field="input_param.axes", hint="add a shape")
        if not named:
            return [
                [f"?{top}.{axis}" if size == _ANY else "" for axis, size in enumerate(shape)]
                for top, shape in zip(param.top, shapes, strict=False)
            ]
        found = [["" if name == "_" else name for name in names] for names in named]
        for shape, names in zip(shapes, found, strict=True):
            if any(size == _ANY and not name for size, name in zip(shape, names, strict=False)):
                raise LayerFault(
                    f"an axis of {_ANY} in {shape} has no name", field="input_param.axes", hint="name it"
                )
        return found

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Return the net's inputs unchanged."""
        return inputs if len(inputs) != 1 else inputs[0]


def _size(axis: int, size: int) -> int:
    """The size with which shapes are computed."""
    return size if size != _ANY else _OTHER if axis else _FIRST


def _of_tops(param: LayerParameter, values: list[T], field: str) -> list[T]:
    """One of the values for each top.

    Raises:
        LayerFault: there are neither one for all nor one for each.
    """
    tops = max(1, len(param.top))
    if len(values) not in {0, 1, tops}:
        raise LayerFault(
            f"{len(values)} {field if field == 'axes' else 'shapes'} for {tops} tops",
            field=f"input_param.{field}",
            hint="give one for all tops, one for each, or none",
        )
    return values * tops if len(values) == 1 else values
