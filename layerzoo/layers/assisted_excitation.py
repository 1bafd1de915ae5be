"""AssistedExcitation: activations inside true boxes are raised, less and less as training goes on."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, prod

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional import yolo
from layerzoo.functional.typical_objects import yolo_rows
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import TEST, LayerParameter


@register
class AssistedExcitation(Layer):
    """Add to all channels, inside of each true box, their mean times a factor that falls from 1 to 0.

    The factor is ``cos(pi/2 * pass / passes)``: training ends, and TEST is, without it. As in the fork, only
    the first image of a batch is changed unless ``all_images`` is set.

    Shapes: bottoms (N, C, H, W); objects (N, 300, 5): class, centre x and y, width, height, as fractions, up
    to the first with a centre x of 0; and the means over channels (N, 1, H, W), of any shape with as many
    numbers, which get no gradient. Top like the first bottom. Source: ``assisted_excitation_layer`` of
    eric612/MobileNet-YOLO; Derakhshani et al. 2019, "Assisted Excitation of Activations".
    """

    family = "detection"
    messages = ("assisted_excitation_param",)
    example_bottoms = ((2, 3, 13, 13), (2, 1, 300, 5), (2, 1, 13, 13))
    example = "passes: 1000"
    bottoms = exactly(3)
    without_gradient = (1, 2)

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return None if param.phase == TEST else "the factor depends on the iteration"

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return None if param.phase == TEST else "that of the features alone, not of the means that are added"

    @classmethod
    def typical_values(
        cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]
    ) -> Sequence[float] | None:
        return yolo_rows(shapes[1]) if bottom == 1 else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        features, objects, means = bottoms
        if len(features) != 4:
            raise LayerFault(f"a first bottom of shape {features}; expected (N, C, H, W)", bottom=0)
        yolo.check_objects(objects, features[0])
        if means[:1] != features[:1] or prod(means) != features[0] * prod(features[2:]):
            expected = (features[0], 1, *features[2:])
            raise LayerFault(f"means of shape {means}; expected {expected}, or as many numbers", bottom=2)
        return [features]

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        if param.phase == TEST or bottoms[0][0] < 2 or param.assisted_excitation_param.all_images:
            return []
        return ["of each batch only the first image is changed, as in the fork; all_images changes all"]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return bottoms.names[0]

    def forward(self, x: Tensor, objects: Tensor, means: Tensor) -> Tensor:
        if not self.training:
            return x.clone()
        p, (n, _, height, width) = self.param.assisted_excitation_param, x.shape
        rows = objects.detach().reshape(n, -1, 5).to(x.dtype)
        valid = (rows[..., 1] != 0).cumprod(1).bool()
        inside = _span(rows[..., 1], rows[..., 3], width)
        down = _span(rows[..., 2], rows[..., 4], height) & valid.unsqueeze(-1)
        covered = torch.matmul(down.to(x.dtype).mT, inside.to(x.dtype)) > 0
        if not p.all_images:
            covered = covered & (torch.arange(n, device=x.device) == 0).view(-1, 1, 1)
        added = torch.where(
            covered, self._factor(x) * means.detach().to(x.dtype).reshape(n, height, width), 0
        )
        return x + added.unsqueeze(1)

    def _factor(self, x: Tensor) -> Tensor:
        """What means are multiplied by in this pass, of shape ()."""
        passes = self.param.assisted_excitation_param.passes or self.clock.passes
        if not passes:
            return x.new_ones(())
        part = self.clock.pass_number(x.device).to(x.dtype) / passes
        return torch.cos(part.clamp(max=1) * (pi / 2))


def _span(centre: Tensor, extent: Tensor, cells: int) -> Tensor:
    """Which cells along an axis boxes cover, at least one each; shape (N, rows, cells)."""
    first = ((centre - extent / 2) * cells + 0.5).trunc().clamp(0, cells - 1)
    end = ((centre + extent / 2) * cells + 0.5).trunc()
    end = torch.minimum(torch.maximum(end, first + 1), end.new_full((), cells))
    place = torch.arange(cells, device=centre.device)
    return (place >= first.unsqueeze(-1)) & (place < end.unsqueeze(-1))
