"""Shapes and states of recurrent layers: what their messages and bottoms say, checked.

T is the number of time steps, N of streams (parallel sequences), D of hidden values.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import torch
from torch import nn

from layerzoo.errors import LayerFault
from layerzoo.functional.transforms import store
from layerzoo.graph.facts import GradientStops
from layerzoo.schema import BIDIRECTIONAL, LayerParameter

Shape = tuple[int, ...]

_FIELD = "recurrent_param."
MAX_LAYERS = 1000
"""The most layers of a recurrent layer: each has params of its own."""


class Extent(NamedTuple):
    """Sizes of a recurrent layer.

    Attributes:
        steps, streams: T and N.
        inputs: values per step and stream.
        static: values per stream of ``x_static``, which is the same at each step; None without that bottom.
        hidden: D.
        sweeps: number of layers times directions; each has a hidden state.
        directions: 1, or 2 for BIDIRECTIONAL.
        has_cont: the second bottom is ``cont``.
        has_lengths: it is the lengths of the sequences.
    """

    steps: int
    streams: int
    inputs: int
    static: int | None
    hidden: int
    sweeps: int
    directions: int
    has_cont: bool
    has_lengths: bool

    @property
    def state(self) -> Shape:
        """Shape of the hidden states at one step."""
        return self.sweeps, self.streams, self.hidden

    @property
    def outputs(self) -> int:
        """Values of the top per step and stream."""
        return self.directions * self.hidden

    def of_sweep(self, index: int) -> tuple[int, int | None]:
        """Inputs and static inputs of a layer's pass in one direction, by its place in the state."""
        return (self.inputs, self.static) if index < self.directions else (self.outputs, None)


def recurrent_extent(param: LayerParameter, bottoms: Sequence[Shape], states: int, least: int = 2) -> Extent:
    """The sizes of a recurrent layer with ``states`` hidden states (1 for an RNN or GRU, 2 for an LSTM).

    Bottoms: x (T, N, ...), cont (T, N) or lengths (N), optionally x_static (N, ...), and with
    ``expose_hidden`` the states before the first step, each (layers * directions, N, D). With a ``least`` of
    1 there may be x alone.

    Raises:
        LayerFault: number or shapes of the bottoms are wrong.
    """
    _check_fields(param)
    p = param.recurrent_param
    exposed = states if p.expose_hidden else 0
    if not least <= len(bottoms) - exposed <= 3:
        expected = ", ".join(str(count + exposed) for count in range(least, 3))
        raise LayerFault(
            f"{len(bottoms)} bottoms, expected {expected} or {3 + exposed}",
            hint="x, cont or lengths, x_static if any, and with expose_hidden the initial hidden states",
        )
    if len(param.top) not in (0, 1 + exposed):
        raise LayerFault(f"{len(param.top)} tops, expected {1 + exposed}")
    x, *others = bottoms
    if len(x) < 3:
        raise LayerFault(f"x of shape {x}, expected (T, N, ...) with values at each step", bottom=0)
    second = others.pop(0) if len(others) > exposed else None
    if second not in (None, x[:2], x[1:2]):
        raise LayerFault(
            f"cont of shape {second}, expected {x[:2]}: (T, N) of x",
            bottom=1,
            hint=f"or lengths of shape {x[1:2]}, a number for each sequence",
        )
    static = None
    if len(others) > exposed:
        first = others.pop(0)
        if len(first) < 2 or first[0] != x[1]:
            raise LayerFault(
                f"x_static of shape {first}, expected ({x[1]}, ...): one row per stream", bottom=2
            )
        static = prod(first[1:])
    directions = 2 if p.direction == BIDIRECTIONAL else 1
    extent = Extent(
        x[0],
        x[1],
        prod(x[2:]),
        static,
        p.num_output,
        p.num_layers * directions,
        directions,
        second == x[:2],
        second is not None and second != x[:2],
    )
    for index, shape in enumerate(others, len(bottoms) - exposed):
        if shape != extent.state:
            raise LayerFault(f"hidden state of shape {shape}, expected {extent.state}", bottom=index)
    return extent


def _check_fields(param: LayerParameter) -> None:
    p = param.recurrent_param
    if p.propagate_hidden and not p.expose_hidden:
        raise LayerFault(
            "propagate_hidden without expose_hidden: the states carried from pass to pass have no gradient",
            field=f"{_FIELD}propagate_hidden",
            hint="set expose_hidden, or remove propagate_hidden",
        )
    for field, value in (("num_output", p.num_output), ("num_layers", p.num_layers)):
        if not value:
            raise LayerFault(f"{field} must be at least 1", field=f"{_FIELD}{field}")
    if p.num_layers > MAX_LAYERS:
        message = f"num_layers {p.num_layers:,}; at most {MAX_LAYERS:,} are allowed"
        raise LayerFault(message, field=f"{_FIELD}num_layers")
    if not 0 <= p.dropout_ratio < 1:
        raise LayerFault(
            f"dropout_ratio {p.dropout_ratio:g} is not in [0, 1)",
            field=f"{_FIELD}dropout_ratio",
            hint="it is the fraction of values to drop",
        )


def hidden_gradient_stops(param: LayerParameter, states: int) -> GradientStops:
    """The bottoms and tops without a gradient: exposed hidden states without ``propagate_hidden``."""
    p = param.recurrent_param
    if not p.expose_hidden or p.propagate_hidden:
        return GradientStops()
    bottoms = len(param.bottom)
    return GradientStops(
        tuple(range(bottoms - states, bottoms)),
        tuple(range(1, 1 + states)),
        "as in Caffe; recurrent_param { propagate_hidden: true } lets it pass",
    )


class CarriedState(nn.Module):
    """Hidden states carried from one forward pass to the next, initially zero.

    They are non-persistent buffers: not weights, but part of the state of a run.

    Args:
        count: number of states.
        shape: of each state, (layers * directions, N, D).
    """

    def __init__(self, count: int, shape: Shape) -> None:
        super().__init__()
        for index in range(count):
            self.register_buffer(f"state{index}", torch.zeros(shape), persistent=False)

    def take(self, streams: int) -> list[torch.Tensor]:
        """Copies of the states, each (sweeps, N, D); zeros if the number of streams has changed."""
        for name, state in self.named_buffers():
            if state.shape[1] != streams:
                setattr(self, name, state.new_zeros(state.shape[0], streams, state.shape[2]))
        return [state.clone() for state in self.buffers()]

    def keep(self, *states: torch.Tensor) -> None:
        """Store the states, each (sweeps, N, D), without their gradient."""
        for buffer, state in zip(self.buffers(), states, strict=True):
            store(buffer, state)

    def reset(self) -> None:
        """Set all states to zero."""
        for state in self.buffers():
            state.zero_()
