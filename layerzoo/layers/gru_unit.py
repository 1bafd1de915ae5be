"""GRUUnit: one step of gated recurrent units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.gru import gru_cell
from layerzoo.functional.recurrent_source import gru_source
from layerzoo.layer import Layer, OwnParam, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import AFTER, LayerParameter

_LACKS = ("debug_info", "expose_hidden", "propagate_hidden", "direction", "num_layers", "dropout_ratio")


@register
class GRUUnit(Layer):
    """One step of gated recurrent units, as GRU computes it: the state after x, from the state before.

    Shapes: bottoms h (N, D), x (N, ...); top h (N, D); D is ``num_output``. Params: ``weight_xc`` (3 D,
    inputs), ``bias_c`` (3 D), ``weight_hc`` (3 D, D), ``bias_hc`` (3 D). Source: Cho et al. 2014; torch's
    ``GRUCell``.
    """

    family = "recurrent"
    messages = ("recurrent_param",)
    ignores: ClassVar[Mapping[str, str]] = {
        f"recurrent_param.{name}": "GRUUnit is a single step" for name in _LACKS
    }
    example = 'num_output: 3 weight_filler { type: "xavier" }'
    example_bottoms = ((2, 3), (2, 4))
    stays_fp32 = True
    bottoms = exactly(2)
    param_names = ("weight_xc", "bias_c", "weight_hc", "bias_hc")
    weight_xc: nn.Parameter
    bias_c: nn.Parameter
    weight_hc: nn.Parameter
    bias_hc: nn.Parameter

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.resets_after = param.recurrent_param.reset == AFTER

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size, (h, x) = param.recurrent_param.num_output, bottoms
        if not size:
            raise LayerFault("num_output must be at least 1", field="recurrent_param.num_output")
        if len(h) != 2 or h[1] != size:
            raise LayerFault(f"a state of shape {h}, expected (N, {size}) as num_output says", bottom=0)
        if len(x) < 2 or x[0] != h[0]:
            raise LayerFault(f"x of shape {x}, expected ({h[0]}, ...): a row for each state", bottom=1)
        return [h]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        cls.top_shapes(param, bottoms)
        p, inputs = param.recurrent_param, prod(bottoms[1][1:])
        gates = 3 * p.num_output
        return [
            OwnParam("weight_xc", (gates, inputs), p.weight_filler),
            OwnParam("bias_c", (gates,), p.bias_filler),
            OwnParam("weight_hc", (gates, p.num_output), p.weight_filler),
            OwnParam("bias_hc", (gates,), p.bias_filler),
        ]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        size = param.recurrent_param.num_output
        return 3 * size * (prod(bottoms[1]) + prod(bottoms[0]))

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        step, (h, x) = gru_source(source, self.resets_after)[1], bottoms.names
        of_x, of_h = (
            ", ".join(source.param(name, getattr(self, name)) for name in names)
            for names in (("weight_xc", "bias_c"), ("weight_hc", "bias_hc"))
        )
        flat = x if len(bottoms.shapes[1]) == 2 else f"{x}.flatten(1)"
        return f"{step}(F.linear({flat}, {of_x}), {h}, {of_h})"

    def forward(self, h: Tensor, x: Tensor) -> Tensor:
        inputs = F.linear(x.flatten(1), self.weight_xc, self.bias_c)
        return gru_cell(inputs, h, self.weight_hc, self.bias_hc, self.resets_after)
