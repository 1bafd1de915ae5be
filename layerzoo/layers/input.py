"""Input: blobs provided by the caller of a net."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, at_least, exactly, register
from layerzoo.schema import LayerParameter


@register
class Input(Layer):
    """Declare the input blobs of a net and their shapes.

    Shapes: no bottoms; one ``shape`` for all tops or one for each. The batch size may differ when the net
    runs. Without ``shape`` the tops take the shapes of the inputs. Source: Caffe's ``input_layer``.
    """

    family = "data"
    example = "shape { dim: 1 dim: 3 dim: 224 dim: 224 }"
    bottoms = exactly(0)
    tops = at_least(1)
    messages = ("input_param",)
    is_input = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shapes = [tuple(shape.dim) for shape in param.input_param.shape]
        tops = max(1, len(param.top))
        if len(shapes) not in {0, 1, tops}:
            raise LayerFault(
                f"{len(shapes)} shapes for {tops} tops",
                field="input_param.shape",
                hint="give one for all tops, one for each, or none",
            )
        for shape in shapes:
            if min(shape, default=1) < 1:
                raise LayerFault(
                    f"a shape of {shape}: each axis must be at least 1", field="input_param.shape"
                )
        return shapes * tops if len(shapes) == 1 else shapes

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Return the net's inputs unchanged."""
        return inputs if len(inputs) != 1 else inputs[0]
