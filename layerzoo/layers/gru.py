"""GRU: gated recurrent units."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from layerzoo.functional.gru import gru
from layerzoo.functional.recurrent_source import gru_source
from layerzoo.functional.unbroken import runs_unbroken, unbroken_gru
from layerzoo.layer import OwnParam, RecurrentLayer, Shape, between, register
from layerzoo.python_source import PythonSource
from layerzoo.schema import AFTER, LayerParameter


@register
class GRU(RecurrentLayer):
    """Gated recurrent units over T steps of N parallel sequences.

    ``[r z n] = W_xc x_t + b_c [+ W_xc_static x_static]``, ``[r' z' n'] = W_hc (cont_t h_{t-1}) + b_hc``, with
    the gates ``r = sigmoid(r + r')``, ``z = sigmoid(z + z')``; ``h_t = (1 - z) tanh(n + r n') + z h_{t-1}``.
    This is torch's and cuDNN's form; ``reset: BEFORE`` has ``n' = W_n (r h_{t-1}) + b_n`` and no r before it.

    ``cont`` is 0 at a sequence's first step and 1 at the others; in its place there may be the lengths of the
    sequences (N), behind which the top is 0, or nothing: all begin at the first step. Of several layers each
    takes h of the one before; BIDIRECTIONAL has h of both directions, one after the other. With ``cont`` and
    direction FORWARD the hidden state is carried from one forward pass to the next, until ``state.reset()``;
    with ``expose_hidden`` it is a bottom and a top instead, without gradient unless ``propagate_hidden`` is
    set.

    Shapes: bottoms x (T, N, ...), [cont (T, N) or lengths (N)], [x_static (N, ...)], [h_0 (layers *
    directions, N, D)]; tops h (T, N, directions * D), [h_T]; D is ``num_output``. Params, layer by layer and
    in each forward first: ``weight_xc`` (3 D, inputs), ``bias_c`` (3 D), [``weight_xc_static``],
    ``weight_hc`` (3 D, D), ``bias_hc`` (3 D). Source: Cho et al. 2014; torch's ``GRU``.
    """

    bottoms = between(1, 4)
    param_names = ("weight_xc", "bias_c", "weight_xc_static", "weight_hc", "bias_hc")
    weight_xc: nn.Parameter
    bias_c: nn.Parameter
    weight_xc_static: nn.Parameter | None
    weight_hc: nn.Parameter
    bias_hc: nn.Parameter

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.resets_after = param.recurrent_param.reset == AFTER

    @classmethod
    def sweep_params(cls, param: LayerParameter, inputs: int, static: int | None) -> list[OwnParam]:
        p = param.recurrent_param
        gates, weight = 3 * p.num_output, p.weight_filler
        of_static = [] if static is None else [OwnParam("weight_xc_static", (gates, static), weight)]
        return [
            OwnParam("weight_xc", (gates, inputs), weight),
            OwnParam("bias_c", (gates,), p.bias_filler),
            *of_static,
            OwnParam("weight_hc", (gates, p.num_output), weight),
            OwnParam("bias_hc", (gates,), p.bias_filler),
        ]

    @classmethod
    def step_macs(cls, hidden: int, inputs: int) -> int:
        return 3 * hidden * (inputs + hidden)

    @property
    def has_kernel(self) -> bool:
        """torch has one with the reset gate after the product."""
        return self.resets_after

    def sweep_source(self, source: PythonSource) -> str:
        return gru_source(source, self.resets_after)[0]

    def sweep(
        self, weights: dict[str, Tensor], x: Tensor, keep: Tensor | None, states: list[Tensor], fused: bool
    ) -> tuple[Tensor, list[Tensor]]:
        of_x, of_h = (weights["weight_xc"], weights["bias_c"]), (weights["weight_hc"], weights["bias_hc"])
        if fused and self.has_kernel and runs_unbroken(x, keep):
            hs, h = unbroken_gru(x, keep, *of_x, *of_h, states[0])
            return hs, [h[None]]
        inputs = F.linear(x, *of_x)
        inputs = inputs + weights["static"] if "static" in weights else inputs
        hs = gru(inputs, keep, *of_h, states[0], self.resets_after)
        return hs, [hs]
