"""SequenceMask: which steps belong to a sequence."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class SequenceMask(Layer):
    """1 at the steps of each sequence and 0 at those that fill it up, by the lengths of the sequences.

    Of the first bottom only the shape counts.

    Shapes: bottoms (N, T, ...) and lengths (N), top (N, T); with ``time_first`` (T, N, ...) and (T, N).
    Source: ours.
    """

    family = "recurrent"
    messages = ("sequence_mask_param",)
    bottoms = exactly(2)
    without_gradient = (0, 1)
    no_gradient = "it tells which steps there are"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.steps_first = param.sequence_mask_param.time_first

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        first = param.sequence_mask_param.time_first
        form = "(T, N, ...)" if first else "(N, T, ...)"
        if len(bottoms[0]) < 2:
            raise LayerFault(f"a sequence of shape {bottoms[0]}, expected {form}", bottom=0)
        count = bottoms[0][1 if first else 0]
        if bottoms[1] != (count,):
            raise LayerFault(
                f"lengths of shape {bottoms[1]}; expected ({count},), as the sequences are {form}", bottom=1
            )
        return [bottoms[0][:2]]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        steps = shapes[0][0 if param.sequence_mask_param.time_first else 1]
        return steps + 1 if bottom == 1 else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        x, lengths = bottoms.names
        axis = 0 if self.steps_first else 1
        places = f"torch.arange({x}.shape[{axis}], device={x}.device)"
        if self.steps_first:
            return f"({places}[:, None] < {lengths}).float()"
        return f"({places} < {lengths}[:, None]).float()"

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        places = torch.arange(x.shape[0 if self.steps_first else 1], device=x.device)
        dtype = lengths.dtype if lengths.is_floating_point() else torch.float32
        if self.steps_first:
            return (places[:, None] < lengths).to(dtype)
        return (places < lengths[:, None]).to(dtype)
