"""LSTM: long short-term memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.errors import ExportError
from layerzoo.functional.recurrence import CarriedState, hidden_gradient_stops, lstm, recurrent_extent
from layerzoo.functional.unbroken_lstm import runs_unbroken, unbroken_lstm
from layerzoo.graph.facts import GradientStops
from layerzoo.layer import Joined, Layer, OwnParam, RunningSums, Shape, between, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter

_RUN_LSTM = '''
def run_lstm(x: Tensor, cont: Tensor, weight_xc: Tensor, bias_c: Tensor, weight_hc: Tensor) -> Tensor:
    """Long short-term memory over x (steps, streams, values); cont is 0 where a sequence begins."""
    gates = F.linear(x.flatten(2), weight_xc, bias_c)
    h = c = gates.new_zeros(x.shape[1], weight_hc.shape[1])
    steps = []
    for gate, keep in zip(gates, cont.unsqueeze(2)):
        i, f, o, g = (gate + F.linear(h * keep, weight_hc)).chunk(4, 1)
        c = f.sigmoid() * keep * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        steps.append(h)
    return torch.stack(steps)
'''
"""The layer in plain torch, for an exported net."""


@register
class LSTM(Layer):
    """Long short-term memory over T steps of N parallel sequences.

    ``[i f o g] = W_hc (cont_t h_{t-1}) + W_xc x_t + b_c [+ W_xc_static x_static]``,
    ``c_t = cont_t sigmoid(f) c_{t-1} + sigmoid(i) tanh(g)``, ``h_t = sigmoid(o) tanh(c_t)``; the top is h.

    ``cont`` is 0 at a sequence's first step and 1 at the others. The hidden states h and c are carried from
    one forward pass to the next, until ``state.reset()``; with ``expose_hidden`` they are bottoms and tops
    instead. As in Caffe no gradient passes through them, unless ``propagate_hidden`` is set.

    Shapes: bottoms x (T, N, ...), cont (T, N), [x_static (N, ...)], [h_0, c_0 (1, N, D)]; tops h (T, N, D),
    [h_T, c_T (1, N, D)]; D is ``num_output``. Source: Caffe's ``lstm_layer``; Hochreiter and Schmidhuber
    1997; Donahue et al. 2015.
    """

    family = "recurrent"
    time_first = True
    without_gradient = (1,)
    example = 'num_output: 128 weight_filler { type: "uniform" min: -0.1 max: 0.1 }'
    messages = ("recurrent_param",)
    hints = ("recurrent_param.debug_info",)
    stays_fp32 = True
    bottoms = between(2, 5)
    tops = between(1, 3)
    param_names = ("weight_xc", "bias_c", "weight_xc_static", "weight_hc")
    weight_xc: nn.Parameter
    bias_c: nn.Parameter
    weight_xc_static: nn.Parameter | None
    weight_hc: nn.Parameter

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        extent = recurrent_extent(param, bottom_shapes, states=2)
        self.state = None if param.recurrent_param.expose_hidden else CarriedState(2, extent.state)
        self.propagate_hidden = param.recurrent_param.propagate_hidden

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        e = recurrent_extent(param, bottoms, states=2)
        top = (e.steps, e.streams, e.hidden)
        return [top, e.state, e.state] if param.recurrent_param.expose_hidden else [top]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        e = recurrent_extent(param, bottoms, states=2)
        weight, bias = param.recurrent_param.weight_filler, param.recurrent_param.bias_filler
        gates = 4 * e.hidden
        static = [] if e.static is None else [OwnParam("weight_xc_static", (gates, e.static), weight)]
        return [
            OwnParam("weight_xc", (gates, e.inputs), weight),
            OwnParam("bias_c", (gates,), bias),
            *static,
            OwnParam("weight_hc", (gates, e.hidden), weight),
        ]

    @classmethod
    def gradient_stops(cls, param: LayerParameter) -> GradientStops:
        return hidden_gradient_stops(param, states=2)

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        e = recurrent_extent(param, bottoms, states=2)
        return e.streams * 4 * e.hidden * (e.steps * (e.inputs + e.hidden) + (e.static or 0))

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return 2 if bottom == 1 else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        if len(bottoms.names) != 2 or self.weight_xc_static is not None:
            raise ExportError(
                f"layer '{self.name}': an LSTM with a static input or exposed states can't be written"
            )
        source.helpers["run_lstm"] = _RUN_LSTM
        params = [source.param(name, getattr(self, name)) for name in ("weight_xc", "bias_c", "weight_hc")]
        return f"run_lstm({', '.join([*bottoms.names, *params])})"

    def joined(self, following: Sequence[Layer], sums: RunningSums) -> Joined | None:
        """All steps by torch's kernel, in passes in which no sequence begins after the first step."""
        if self.state is None or self.weight_xc_static is not None:
            return None
        state = self.state

        def call(x: torch.Tensor, cont: torch.Tensor) -> torch.Tensor:
            if not runs_unbroken(x, cont):
                made: torch.Tensor = self(x, cont)
                return made
            weights = self.weight_xc, self.bias_c, self.weight_hc
            hs, h, c = unbroken_lstm(x.flatten(2), cont, *weights, *state.take(x.shape[1]))
            state.keep(h, c)
            return hs

        return Joined(call, 0)

    def forward(
        self, x: torch.Tensor, cont: torch.Tensor, *others: torch.Tensor
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        gates = F.linear(x.flatten(2), self.weight_xc, self.bias_c)
        if self.weight_xc_static is not None:
            gates = gates + F.linear(others[0].flatten(1), self.weight_xc_static)
        if self.state is not None:
            hs, cs = lstm(gates, cont, self.weight_hc, *self.state.take(x.shape[1]))
            self.state.keep(hs[-1], cs[-1])
            return hs
        before = [state[0] for state in others[-2:]]
        if not self.propagate_hidden:
            before = [state.detach() for state in before]
        hs, cs = lstm(gates, cont, self.weight_hc, *before)
        after = [hs[-1:], cs[-1:]]
        if not self.propagate_hidden:
            after = [state.detach() for state in after]
        return hs, *after
