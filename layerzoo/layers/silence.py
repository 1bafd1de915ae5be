"""Silence: consume unused blobs."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.layer import Layer, Shape, at_least, exactly, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Silence(Layer):
    """Consume its bottoms, so that they are not outputs of the net; they get no gradient.

    Shapes: bottoms any, no tops. Source: Caffe's ``silence_layer``.
    """

    family = "utility"
    deployed = False
    no_gradient = "it has no top"
    bottoms = at_least(1)
    tops = exactly(0)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return []

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return ""

    def forward(self, *bottoms: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return ()
