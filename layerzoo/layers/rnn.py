"""RNN: a simple recurrent network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from layerzoo.functional.recurrence import rnn
from layerzoo.functional.recurrent_source import RUN_RNN
from layerzoo.layer import OwnParam, RecurrentLayer, register
from layerzoo.python_source import PythonSource
from layerzoo.schema import LayerParameter


@register
class RNN(RecurrentLayer):
    """Simple recurrent network over T steps of N parallel sequences.

    ``h_t = tanh(W_hh (cont_t h_{t-1}) + W_xh x_t + b_h [+ W_xh_static x_static])``,
    ``y_t = tanh(W_ho h_t + b_o)``.

    ``cont`` is 0 at a sequence's first step and 1 at the others; in its place there may be the lengths of the
    sequences (N), behind which the top is 0. Of several layers each takes y of the one before; BIDIRECTIONAL
    has y of both directions, one after the other. With ``cont`` and direction FORWARD the hidden state is
    carried from one forward pass to the next, until ``state.reset()``; with ``expose_hidden`` it is a bottom
    and a top instead. As in Caffe no gradient passes through it, unless ``propagate_hidden`` is set.

    Shapes: bottoms x (T, N, ...), cont (T, N) or lengths (N), [x_static (N, ...)], [h_0 (layers *
    directions, N, D)]; tops y (T, N, directions * D), [h_T]; D is ``num_output``. Params, layer by layer and
    in each forward first: ``weight_xh`` (D, inputs), ``bias_h`` (D), [``weight_xh_static``], ``weight_hh``
    (D, D), ``weight_ho`` (D, D), ``bias_o`` (D). Source: Caffe's ``rnn_layer``; Schuster and Paliwal 1997
    (BIDIRECTIONAL).
    """

    ignores: ClassVar[Mapping[str, str]] = {"recurrent_param.reset": "only GRU and GRUUnit have it"}
    param_names = ("weight_xh", "bias_h", "weight_xh_static", "weight_hh", "weight_ho", "bias_o")
    weight_xh: nn.Parameter
    bias_h: nn.Parameter
    weight_xh_static: nn.Parameter | None
    weight_hh: nn.Parameter
    weight_ho: nn.Parameter
    bias_o: nn.Parameter

    @classmethod
    def sweep_params(cls, param: LayerParameter, inputs: int, static: int | None) -> list[OwnParam]:
        p = param.recurrent_param
        size, weight, bias = p.num_output, p.weight_filler, p.bias_filler
        of_static = [] if static is None else [OwnParam("weight_xh_static", (size, static), weight)]
        return [
            OwnParam("weight_xh", (size, inputs), weight),
            OwnParam("bias_h", (size,), bias),
            *of_static,
            OwnParam("weight_hh", (size, size), weight),
            OwnParam("weight_ho", (size, size), weight),
            OwnParam("bias_o", (size,), bias),
        ]

    @classmethod
    def step_macs(cls, hidden: int, inputs: int) -> int:
        return hidden * (inputs + 2 * hidden)

    def sweep_source(self, source: PythonSource) -> str:
        source.helpers["run_rnn"] = RUN_RNN
        return "run_rnn"

    def sweep(
        self, weights: dict[str, Tensor], x: Tensor, keep: Tensor | None, states: list[Tensor], fused: bool
    ) -> tuple[Tensor, list[Tensor]]:
        inputs = F.linear(x, weights["weight_xh"], weights["bias_h"])
        inputs = inputs + weights["static"] if "static" in weights else inputs
        keep = torch.ones_like(x[..., 0]) if keep is None else keep
        hs = rnn(inputs, keep, weights["weight_hh"], states[0])
        return F.linear(hs, weights["weight_ho"], weights["bias_o"]).tanh(), [hs]
