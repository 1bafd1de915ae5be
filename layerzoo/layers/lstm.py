"""LSTM: long short-term memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from layerzoo.functional.recurrence import lstm
from layerzoo.functional.recurrent_source import RUN_LSTM
from layerzoo.functional.unbroken import runs_unbroken, unbroken_lstm
from layerzoo.layer import OwnParam, RecurrentLayer, between, register
from layerzoo.python_source import PythonSource
from layerzoo.schema import LayerParameter


@register
class LSTM(RecurrentLayer):
    """Long short-term memory over T steps of N parallel sequences.

    ``[i f o g] = W_hc (cont_t h_{t-1}) + W_xc x_t + b_c [+ W_xc_static x_static]``,
    ``c_t = cont_t sigmoid(f) c_{t-1} + sigmoid(i) tanh(g)``, ``h_t = sigmoid(o) tanh(c_t)``; the top is h.

    ``cont`` is 0 at a sequence's first step and 1 at the others; in its place there may be the lengths of the
    sequences (N), behind which the top is 0. Of several layers each takes h of the one before; BIDIRECTIONAL
    has h of both directions, one after the other. With ``cont`` and direction FORWARD the hidden states h and
    c are carried from one forward pass to the next, until ``state.reset()``; with ``expose_hidden`` they are
    bottoms and tops instead. As in Caffe no gradient passes through them, unless ``propagate_hidden`` is set.

    Shapes: bottoms x (T, N, ...), cont (T, N) or lengths (N), [x_static (N, ...)], [h_0, c_0 (layers *
    directions, N, D)]; tops h (T, N, directions * D), [h_T, c_T]; D is ``num_output``. Params, layer by layer
    and in each forward first: ``weight_xc`` (4 D, inputs), ``bias_c`` (4 D), [``weight_xc_static``],
    ``weight_hc`` (4 D, D). Source: Caffe's ``lstm_layer``; Hochreiter and Schmidhuber 1997; Donahue et al.
    2015; Graves and Schmidhuber 2005 (BIDIRECTIONAL).
    """

    states = 2
    ignores: ClassVar[Mapping[str, str]] = {"recurrent_param.reset": "only GRU and GRUUnit have it"}
    bottoms = between(2, 5)
    tops = between(1, 3)
    param_names = ("weight_xc", "bias_c", "weight_xc_static", "weight_hc")
    weight_xc: nn.Parameter
    bias_c: nn.Parameter
    weight_xc_static: nn.Parameter | None
    weight_hc: nn.Parameter

    @classmethod
    def sweep_params(cls, param: LayerParameter, inputs: int, static: int | None) -> list[OwnParam]:
        p = param.recurrent_param
        gates, weight = 4 * p.num_output, p.weight_filler
        of_static = [] if static is None else [OwnParam("weight_xc_static", (gates, static), weight)]
        return [
            OwnParam("weight_xc", (gates, inputs), weight),
            OwnParam("bias_c", (gates,), p.bias_filler),
            *of_static,
            OwnParam("weight_hc", (gates, p.num_output), weight),
        ]

    @classmethod
    def step_macs(cls, hidden: int, inputs: int) -> int:
        return 4 * hidden * (inputs + hidden)

    @property
    def has_kernel(self) -> bool:
        """torch has a kernel."""
        return True

    def sweep_source(self, source: PythonSource) -> str:
        source.helpers["run_lstm"] = RUN_LSTM
        return "run_lstm"

    def sweep(
        self, weights: dict[str, Tensor], x: Tensor, keep: Tensor | None, states: list[Tensor], fused: bool
    ) -> tuple[Tensor, list[Tensor]]:
        w_x, bias, w_h = weights["weight_xc"], weights["bias_c"], weights["weight_hc"]
        if fused and runs_unbroken(x, keep):
            hs, h, c = unbroken_lstm(x, keep, w_x, bias, w_h, *states)
            return hs, [h[None], c[None]]
        gates = F.linear(x, w_x, bias)
        gates = gates + weights["static"] if "static" in weights else gates
        keep = torch.ones_like(x[..., 0]) if keep is None else keep
        hs, cs = lstm(gates, keep, w_h, *states)
        return hs, [hs, cs]
