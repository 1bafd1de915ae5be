"""ContinuationIndicator: where sequences begin, for recurrent layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, between, canonical_axis, register
from layerzoo.schema import LayerParameter

_MAX = 2**24


@register
class ContinuationIndicator(Layer):
    """0 in the first of ``time_step`` steps and 1 in the others: the second bottom of LSTM and RNN.

    Without ``batch_size`` there are as many sequences as the bottom has along ``axis``. With ``batch_size`` a
    sequence whose value of the bottom is 1, or all with ``flag``, go on from the last pass: 1 in all steps.

    Shapes: bottom any, or none or ``batch_size`` values with ``batch_size``; top (time_step, N). Source:
    ``continuation_indicator_layer`` of DeepDetect's caffe (``axis``) and of dlunion/CC4.0 (``batch_size``).
    """

    family = "recurrent"
    fixed_buffers = ("anchor",)
    messages = ("continuation_indicator_param",)
    example = "time_step: 8 batch_size: 4"
    bottoms = between(0, 1)
    no_gradient = "it tells where sequences begin"
    anchor: torch.Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.register_buffer("anchor", torch.empty(0), persistent=False)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.continuation_indicator_param.batch_size:
            return {"continuation_indicator_param.axis": "batch_size is set"}
        return {"continuation_indicator_param.flag": "batch_size is not set"}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, field = param.continuation_indicator_param, "continuation_indicator_param"
        if not 0 < p.time_step <= _MAX:
            raise LayerFault(f"time_step {p.time_step}; expected at least 1", field=f"{field}.time_step")
        if p.batch_size:
            if p.batch_size > _MAX:
                raise LayerFault(f"batch_size {p.batch_size}", field=f"{field}.batch_size")
            if bottoms and torch.Size(bottoms[0]).numel() != p.batch_size:
                raise LayerFault(f"a bottom of shape {bottoms[0]}; expected {p.batch_size} values", bottom=0)
            return [(p.time_step, p.batch_size)]
        if not bottoms or not p.HasField("axis"):
            raise LayerFault(
                "the number of sequences is unknown",
                field=field,
                hint="give batch_size, or a bottom and axis: the axis along which its sequences are",
            )
        axis = canonical_axis(p.axis, len(bottoms[0]), f"{field}.axis")
        return [(p.time_step, bottoms[0][axis])]

    @torch.no_grad()
    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor:
        p = self.param.continuation_indicator_param
        like = bottoms[0] if bottoms else self.anchor
        count = p.batch_size or bottoms[0].shape[p.axis]
        first = like.new_full((count,), float(p.flag and p.batch_size > 0))
        if bottoms and p.batch_size:
            first = torch.where((bottoms[0].reshape(-1) - 1).abs() <= 0.01, 1, first)
        return torch.cat([first[None], like.new_ones(p.time_step - 1, count)])
