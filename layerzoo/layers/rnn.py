"""RNN: a simple recurrent network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.functional.recurrence import CarriedState, hidden_gradient_stops, recurrent_extent, rnn
from layerzoo.graph.facts import GradientStops
from layerzoo.layer import Layer, OwnParam, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class RNN(Layer):
    """Simple recurrent network over T steps of N parallel sequences.

    ``h_t = tanh(W_hh (cont_t h_{t-1}) + W_xh x_t + b_h [+ W_xh_static x_static])``,
    ``y_t = tanh(W_ho h_t + b_o)``.

    ``cont`` is 0 at a sequence's first step and 1 at the others. The hidden state is carried from one forward
    pass to the next, until ``state.reset()``; with ``expose_hidden`` it is a bottom and a top instead. As in
    Caffe no gradient passes through it, unless ``propagate_hidden`` is set.

    Shapes: bottoms x (T, N, ...), cont (T, N), [x_static (N, ...)], [h_0 (1, N, D)]; tops y (T, N, D),
    [h_T (1, N, D)]; D is ``num_output``. Source: Caffe's ``rnn_layer``.
    """

    family = "recurrent"
    time_first = True
    without_gradient = (1,)
    example = 'num_output: 128 weight_filler { type: "uniform" min: -0.1 max: 0.1 }'
    messages = ("recurrent_param",)
    hints = ("recurrent_param.debug_info",)
    stays_fp32 = True
    bottoms = between(2, 4)
    tops = between(1, 2)
    param_names = ("weight_xh", "bias_h", "weight_xh_static", "weight_hh", "weight_ho", "bias_o")
    weight_xh: nn.Parameter
    bias_h: nn.Parameter
    weight_xh_static: nn.Parameter | None
    weight_hh: nn.Parameter
    weight_ho: nn.Parameter
    bias_o: nn.Parameter

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        extent = recurrent_extent(param, bottom_shapes, states=1)
        self.state = None if param.recurrent_param.expose_hidden else CarriedState(1, extent.state)
        self.propagate_hidden = param.recurrent_param.propagate_hidden

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        e = recurrent_extent(param, bottoms, states=1)
        top = (e.steps, e.streams, e.hidden)
        return [top, e.state] if param.recurrent_param.expose_hidden else [top]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        e = recurrent_extent(param, bottoms, states=1)
        weight, bias = param.recurrent_param.weight_filler, param.recurrent_param.bias_filler
        static = [] if e.static is None else [OwnParam("weight_xh_static", (e.hidden, e.static), weight)]
        return [
            OwnParam("weight_xh", (e.hidden, e.inputs), weight),
            OwnParam("bias_h", (e.hidden,), bias),
            *static,
            OwnParam("weight_hh", (e.hidden, e.hidden), weight),
            OwnParam("weight_ho", (e.hidden, e.hidden), weight),
            OwnParam("bias_o", (e.hidden,), bias),
        ]

    @classmethod
    def gradient_stops(cls, param: LayerParameter) -> GradientStops:
        return hidden_gradient_stops(param, states=1)

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        e = recurrent_extent(param, bottoms, states=1)
        return e.streams * e.hidden * (e.steps * (e.inputs + 2 * e.hidden) + (e.static or 0))

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return 2 if bottom == 1 else None

    def forward(
        self, x: torch.Tensor, cont: torch.Tensor, *others: torch.Tensor
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        inputs = F.linear(x.flatten(2), self.weight_xh, self.bias_h)
        if self.weight_xh_static is not None:
            inputs = inputs + F.linear(others[0].flatten(1), self.weight_xh_static)
        h = others[-1][0] if self.state is None else self.state.take(x.shape[1])[0]
        hs = rnn(inputs, cont, self.weight_hh, h if self.propagate_hidden else h.detach())
        y = F.linear(hs, self.weight_ho, self.bias_o).tanh()
        if self.state is None:
            return y, hs[-1:] if self.propagate_hidden else hs[-1:].detach()
        self.state.keep(hs[-1])
        return y
