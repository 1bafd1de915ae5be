"""SpatialProduct: multiply all channels by one."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class SpatialProduct(Layer):
    """Multiply each channel of the first bottom by the only channel of the second, e.g. attention.

    Shapes: bottoms (N, C, H, W) and (N, 1, H, W), top as the first. Source: DeepLab's and PSPNet's forks,
    ``spatial_product_layer``; Chen et al. 2016.
    """

    family = "utility"
    needs_images = True
    bottoms = exactly(2)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        x, factor = bottoms
        if len(x) != 4 or factor != (x[0], 1, *x[2:]):
            raise LayerFault(
                f"bottoms of shapes {x} and {factor}; expected (N, C, H, W) and (N, 1, H, W)", bottom=1
            )
        return [x]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return " * ".join(bottoms.names)

    def forward(self, x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        return x * factor
