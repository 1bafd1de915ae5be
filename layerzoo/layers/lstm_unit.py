"""LSTMUnit: one step of an LSTM."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.recurrence import lstm_cell
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class LSTMUnit(Layer):
    """One step of an LSTM, without its matrix products.

    ``c = cont sigmoid(f) c_prev + sigmoid(i) tanh(g)``, ``h = sigmoid(o) tanh(c)``, where ``[i f o g]`` is
    the second bottom. ``cont`` is 0 at a sequence's first step and 1 at the others; it gets no gradient.

    Shapes: bottoms c_prev (1, N, D), gates (1, N, 4 D), cont (1, N); tops c (1, N, D), h (1, N, D). Source:
    Caffe's ``lstm_unit_layer``.
    """

    family = "recurrent"
    bottoms = exactly(3)
    tops = exactly(2)
    stays_fp32 = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        before = bottoms[0]
        if len(before) != 3 or before[0] != 1:
            raise LayerFault(f"c_prev of shape {before}, expected (1, N, D)", bottom=0)
        _, streams, hidden = before
        for index, expected in ((1, (1, streams, 4 * hidden)), (2, (1, streams))):
            if bottoms[index] != expected:
                raise LayerFault(f"bottom of shape {bottoms[index]}, expected {expected}", bottom=index)
        return [before, before]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return 2 if bottom == 2 else None

    def forward(
        self, c: torch.Tensor, gates: torch.Tensor, cont: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return lstm_cell(gates, cont.detach(), c)
