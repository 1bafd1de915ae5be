"""The base of layers that run over time: RNN, LSTM and GRU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional.recurrent_extent import (
    CarriedState,
    Extent,
    hidden_gradient_stops,
    recurrent_extent,
)
from layerzoo.functional.recurrent_source import RUN_LAYERS
from layerzoo.functional.recurrent_stack import Steps, run_stack
from layerzoo.graph.facts import GradientStops
from layerzoo.layer.arity import Arity, between
from layerzoo.layer.decoding_state import StateCache
from layerzoo.layer.fusion import Joined, RunningSums
from layerzoo.layer.layer import Layer
from layerzoo.layer.own_params import OwnParam, Shape
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import FORWARD, LayerParameter, RecurrentDirection

_LEVELS = 1 << 16


class RecurrentLayer(Layer):
    """A layer over T steps of N parallel sequences: layers and directions, states, the forms of its bottoms.

    The second bottom is ``cont`` (T, N), 0 at a sequence's first step and 1 at the others, or the lengths of
    the sequences (N), which then begin at the first step; steps behind their end give 0. With ``cont`` and
    direction FORWARD the states are carried from one forward pass to the next, until ``state.reset()``; else
    they begin with 0. With ``expose_hidden`` they are bottoms and tops instead; as in Caffe no gradient
    passes through them, unless ``propagate_hidden`` is set. While a net is decoded step by step they go on.

    Attributes:
        states: number of hidden states.
        state: those carried from pass to pass; None if there are none.
    """

    states: ClassVar[int] = 1
    family = "recurrent"
    time_first = True
    without_gradient = (1,)
    example = 'num_output: 128 weight_filler { type: "uniform" min: -0.1 max: 0.1 }'
    messages = ("recurrent_param",)
    hints = ("recurrent_param.debug_info",)
    stays_fp32 = True
    bottoms: ClassVar[Arity] = between(2, 4)
    tops: ClassVar[Arity] = between(1, 2)
    decoding: StateCache | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p, self.extent = param.recurrent_param, self._extent(param, bottom_shapes)
        carries = self.extent.has_cont and not p.expose_hidden and p.direction == FORWARD
        self.state = CarriedState(self.states, self.extent.state) if carries else None
        self.propagate_hidden, self.exposed = bool(p.propagate_hidden), bool(p.expose_hidden)
        self.direction = p.direction
        self.dropped = round(p.dropout_ratio * _LEVELS)

    @classmethod
    def _extent(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> Extent:
        return recurrent_extent(param, bottoms, cls.states, cls.bottoms.min)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.recurrent_param.num_layers > 1:
            return cls.ignores
        return {
            **cls.ignores,
            "recurrent_param.dropout_ratio": "there is nothing between layers: num_layers is 1",
        }

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        e = cls._extent(param, bottoms)
        exposed = [e.state] * cls.states if param.recurrent_param.expose_hidden else []
        return [(e.steps, e.streams, e.outputs), *exposed]

    @classmethod
    def sweep_params(cls, param: LayerParameter, inputs: int, static: int | None) -> list[OwnParam]:
        """The params of one layer in one direction, in Caffe's order."""
        raise NotImplementedError

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        e = cls._extent(param, bottoms)
        return [
            own._replace(name=own.name + _suffix(index, e.directions))
            for index in range(e.sweeps)
            for own in cls.sweep_params(param, *e.of_sweep(index))
        ]

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        p = param.recurrent_param
        return "dropout between layers is random" if p.dropout_ratio > 0 and p.num_layers > 1 else None

    @classmethod
    def gradient_stops(cls, param: LayerParameter) -> GradientStops:
        return hidden_gradient_stops(param, cls.states)

    @classmethod
    def step_macs(cls, hidden: int, inputs: int) -> int:
        """Multiply-adds of a step of one stream."""
        raise NotImplementedError

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        e, total = cls._extent(param, bottoms), 0
        for index in range(e.sweeps):
            inputs, static = e.of_sweep(index)
            total += e.steps * cls.step_macs(e.hidden, inputs)
            total += cls.step_macs(e.hidden, static) - cls.step_macs(e.hidden, 0) if static else 0
        return e.streams * total

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        e = cls._extent(param, shapes)
        if bottom != 1 or not (e.has_cont or e.has_lengths):
            return None
        return 2 if e.has_cont else e.steps + 1

    @property
    def has_kernel(self) -> bool:
        """Whether torch has a kernel for all steps of a sweep."""
        return False

    def begin_decoding(self) -> StateCache:
        """The states after the steps so far.

        Raises:
            LayerFault: a direction needs steps that come later.
        """
        if self.direction != FORWARD:
            name = RecurrentDirection.Name(self.direction)
            raise LayerFault(f"a layer of direction {name} can't be decoded step by step")
        return StateCache(axis=1)

    def sweep_source(self, source: PythonSource) -> str:
        """The name of a function in plain torch of x, cont and the params of a sweep, added to the source."""
        raise ExportError(f"layer '{self.name}': it can't be written")

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        e = self.extent
        if e.static is not None or self.exposed:
            raise ExportError(f"layer '{self.name}': a static input or exposed states can't be written")
        params = [
            ", ".join(source.param(name, value) for name, value in self._weights(index, named=True).items())
            for index in range(e.sweeps)
        ]
        run, x = self.sweep_source(source), bottoms.first
        if e.has_cont and e.sweeps == 1 and self.direction == FORWARD:
            return f"{run}({x}, {bottoms.names[1]}, {params[0]})"
        source.helpers["run_layers"] = RUN_LAYERS
        sets = ", ".join(f"({names})" for names in params)
        ends = f"{'cont' if e.has_cont else 'lengths'}={bottoms.names[1]}, " if len(bottoms.names) > 1 else ""
        direction = RecurrentDirection.Name(self.direction)
        return f'run_layers({run}, {x}, [{sets}], {ends}direction="{direction}")'

    def joined(self, following: Sequence[Layer], sums: RunningSums) -> Joined | None:
        """All steps by torch's kernel, in passes in which no sequence begins after the first step."""
        if self.exposed or self.extent.static is not None or not self.has_kernel:
            return None

        def call(*bottoms: Tensor) -> Tensor:
            return self._run(bottoms, fused=True)[0]

        return Joined(call, 0)

    def sweep(
        self, weights: dict[str, Tensor], x: Tensor, keep: Tensor | None, states: list[Tensor], fused: bool
    ) -> tuple[Tensor, list[Tensor]]:
        """Run one layer in one direction; see `layerzoo.functional.recurrent_stack.Sweep`.

        Args:
            weights: its params, by their names without a suffix.
            x, keep, states: as there; x has been flattened.
            fused: torch's kernel may be used, which has no second derivatives.
        """
        raise NotImplementedError

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        top, after = self._run(bottoms, fused=not torch.is_grad_enabled())
        return (top, *after) if self.exposed else top

    def _run(self, bottoms: Sequence[Tensor], fused: bool) -> tuple[Tensor, list[Tensor]]:
        """The top, and the states after the last step."""
        e = self.extent
        x, *rest = bottoms
        steps = Steps(rest.pop(0) if e.has_cont else None, rest.pop(0) if e.has_lengths else None)
        static = None if e.static is None else rest.pop(0).flatten(1)
        before = self._before(x, rest)

        def sweep(
            index: int, values: Tensor, keep: Tensor | None, states: list[Tensor]
        ) -> tuple[Tensor, list[Tensor]]:
            weights: dict[str, Tensor] = {**self._weights(index)}
            if static is not None and index < e.directions:
                weights["static"] = F.linear(static, weights.pop(self.param_names[2]))
            whole = steps.lengths is None or not (self.exposed or self.decoding)
            return self.sweep(weights, values, keep, states, fused and whole and static is None)

        top, after = run_stack(x.flatten(2), steps, before, self.direction, sweep, self._passed_on)
        if self.decoding is not None:
            self.decoding.states = [state.detach() for state in after]
        elif self.state is not None:
            self.state.keep(*after)
        return top, after if self.propagate_hidden else [state.detach() for state in after]

    def _before(self, x: Tensor, given: Sequence[Tensor]) -> list[Tensor]:
        """The states before the first step, each (sweeps, N, D)."""
        if self.decoding is not None and self.decoding.states:
            return self.decoding.states
        if self.exposed:
            return list(given) if self.propagate_hidden else [state.detach() for state in given]
        if self.state is not None and self.decoding is None:
            return self.state.take(x.shape[1])
        return [x.new_zeros(self.extent.sweeps, x.shape[1], self.extent.hidden)] * self.states

    def _weights(self, index: int, named: bool = False) -> dict[str, nn.Parameter]:
        """The params of a sweep, by their names; without the suffix unless ``named``."""
        suffix, found = _suffix(index, self.extent.directions), {}
        for name in self.param_names:
            value: nn.Parameter | None = getattr(self, name + suffix, None)
            if value is not None:
                found[name + suffix if named else name] = value
        return found

    def _passed_on(self, x: Tensor, layer: int) -> Tensor:
        """The values that a layer passes on, with dropout in training; each sample has its own."""
        if not (self.training and self.dropped):
            return x
        levels = self.random_levels((x.shape[1], x.shape[0], x.shape[2]), x.device, f"layer {layer}")
        kept = levels.transpose(0, 1) >= self.dropped - _LEVELS // 2
        return x * kept.to(x.dtype).mul_(_LEVELS / (_LEVELS - self.dropped))


def _suffix(index: int, directions: int) -> str:
    """The end of the names of a sweep's params: of the first layer forward none."""
    layer, backward = divmod(index, directions)
    return (f"_l{layer}" if layer else "") + ("_reverse" if backward else "")
