"""Position: the places of the steps of a sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, OwnParam, Shape, canonical_axis, register
from layerzoo.layer.decoding_state import StepCounter
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter, PositionParameter

_FIELD = "position_param."
_LIMIT = 1 << 24
"""The positions that FP32 can count."""


@register
class Position(Layer):
    """The places of the steps along ``axis`` of its bottom, from ``offset`` on; its values don't matter.

    INDEX: the numbers, for an Embed. SINUSOIDAL: ``sin(t / base^(2 i / num_output))`` at 2 i and the cosine
    at 2 i + 1. LEARNED: a param of the layer. The tops have no axis of samples; a Bias layer adds them to
    each. While a net is decoded step by step, the places go on from step to step.

    Shapes: bottom any with T on ``axis``, top (T) or (T, num_output); ``weight`` (max_length, num_output).
    Source: ours; Vaswani et al. 2017 (SINUSOIDAL); Gehring et al. 2017 (LEARNED).
    """

    family = "attention"
    messages = ("position_param",)
    example_bottoms = ((2, 5),)
    without_gradient = (0,)
    param_names = ("weight",)
    weight: nn.Parameter | None
    decoding: StepCounter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.position_param
        self.axis = canonical_axis(p.axis, len(bottom_shapes[0]), f"{_FIELD}axis")
        self.kind, self.size, self.offset, self.base = p.kind, p.num_output, p.offset, p.base
        self.limit = p.max_length or _LIMIT

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        kind, unread = param.position_param.kind, {}
        if kind == PositionParameter.INDEX:
            unread["num_output"] = "INDEX has a number for each step"
        if kind != PositionParameter.SINUSOIDAL:
            unread["base"] = "only SINUSOIDAL has it"
        if kind != PositionParameter.LEARNED:
            unread["filler"] = "only LEARNED has it"
        return {f"{_FIELD}{name}": why for name, why in unread.items()}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.position_param
        steps = bottoms[0][canonical_axis(p.axis, len(bottoms[0]), f"{_FIELD}axis")]
        _check_steps(steps, p.offset, p.max_length or _LIMIT)
        if p.kind == PositionParameter.INDEX:
            return [(steps,)]
        if not p.num_output:
            raise LayerFault("num_output must be at least 1", field=f"{_FIELD}num_output")
        if p.kind == PositionParameter.SINUSOIDAL:
            if p.num_output % 2:
                message = f"num_output {p.num_output} for pairs of a sine and a cosine"
                raise LayerFault(message, field=f"{_FIELD}num_output", hint="give an even number")
            if not 1 < p.base < float("inf"):
                raise LayerFault(f"base {p.base:g}; expected a number above 1", field=f"{_FIELD}base")
        return [(steps, p.num_output)]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p = param.position_param
        if p.kind != PositionParameter.LEARNED:
            return []
        if not p.max_length:
            hint = "give the number of positions to learn"
            raise LayerFault("LEARNED positions without max_length", field=f"{_FIELD}max_length", hint=hint)
        return [OwnParam("weight", (p.max_length, p.num_output), p.filler)]

    @property
    def no_gradient(self) -> str:  # type: ignore[override]  # a fact of the kind
        """Why no gradient passes; empty for LEARNED, whose param has one."""
        return "" if self.weight is not None else "it counts steps"

    def begin_decoding(self) -> StepCounter:
        """The number of steps so far."""
        return StepCounter()

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        x = bottoms.first
        end = f"{self.offset} + {x}.shape[{self.axis}]" if self.offset else f"{x}.shape[{self.axis}]"
        if self.weight is not None:
            return f"{source.param('weight', self.weight)}[{self.offset} : {end}]"
        places = f"torch.arange({self.offset}, {end}, device={x}.device, dtype=torch.float32)"
        if self.kind == PositionParameter.INDEX:
            return places
        source.helpers["sinusoids"] = _SINUSOIDS
        return f"sinusoids({places}, {self.size}, {number(self.base)})"

    def forward(self, x: Tensor) -> Tensor:
        steps = x.shape[self.axis]
        first = self.offset + (0 if self.decoding is None else self.decoding.advance(steps))
        if not torch.compiler.is_compiling():
            _check_steps(steps, first, self.limit)
        if self.weight is not None:
            return self.weight[first : first + steps]
        dtype = x.dtype if x.dtype in (torch.float32, torch.float64) else torch.float32
        places = torch.arange(first, first + steps, device=x.device, dtype=dtype)
        return places if self.kind == PositionParameter.INDEX else _sinusoids(places, self.size, self.base)


def _sinusoids(places: Tensor, size: int, base: float) -> Tensor:
    """Sines and cosines of places (T), in turns, (T, size)."""
    rates = base ** (-torch.arange(0, size, 2, device=places.device, dtype=places.dtype) / size)
    angles = places[:, None] * rates
    return torch.stack((angles.sin(), angles.cos()), 2).flatten(1)


_SINUSOIDS = '''
def sinusoids(places: Tensor, size: int, base: float) -> Tensor:
    """Sines and cosines of places, in turns, with wavelengths from 2 pi to 2 pi times base."""
    rates = base ** (-torch.arange(0, size, 2, device=places.device, dtype=places.dtype) / size)
    angles = places[:, None] * rates
    return torch.stack((angles.sin(), angles.cos()), 2).flatten(1)
'''
"""The same for an exported net."""


def _check_steps(steps: int, first: int, limit: int) -> None:
    if first + steps > limit:
        raise LayerFault(
            f"positions {first} to {first + steps - 1}; there are {limit:,}",
            bottom=0,
            hint="raise max_length, or give shorter sequences",
        )
