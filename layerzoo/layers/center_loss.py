"""CenterLoss: the distance of features to the centre of their class."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import nn

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck, check_batch
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.layer import Layer, OwnParam, Shape, canonical_axis, exactly, register
from layerzoo.schema import LayerParameter


@register
class CenterLoss(LabelCheck, Layer):
    """The distance of features to the centre of their class: ``sum |x - c[label]|^2 / 2N``.

    With ``distance_type: "L1"``: the sum of absolute differences over N. The centres are learned, with a
    gradient of their own: the differences to the n items of a class, times ``n / (n + 1)``, whatever the loss
    weight is.

    Shapes: bottoms (N, ...) and N labels; top (); ``centers`` (num_output, values from ``axis`` on). Source:
    ``center_loss_layer`` of happynear/caffe-windows; Wen, Zhang, Li and Qiao 2016.
    """

    family = "loss"
    messages = ("center_loss_param",)
    example = 'num_output: 10 center_filler { type: "xavier" }'
    param_names = ("centers",)
    bottoms = exactly(2)
    is_loss = True
    without_gradient = (1,)
    centers: nn.Parameter

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return "the centres move by n / (n + 1) of the differences to the n items of their class"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.center_loss_param
        check_batch(bottoms)
        features, labels = bottoms
        if p.distance_type not in ("L1", "L2"):
            raise LayerFault(
                f"distance_type '{p.distance_type}'; expected 'L1' or 'L2'",
                field="center_loss_param.distance_type",
            )
        if _axis(param, features) != 1 and prod(features[: _axis(param, features)]) != features[0]:
            raise LayerFault("features of more than one item per label", field="center_loss_param.axis")
        if prod(labels) != features[0]:
            raise LayerFault(f"labels of shape {labels} for {features[0]} items", bottom=1)
        return [()]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p = param.center_loss_param
        if not p.num_output:
            raise LayerFault("num_output must be at least 1", field="center_loss_param.num_output")
        values = prod(bottoms[0][_axis(param, bottoms[0]) :])
        return [OwnParam("centers", (p.num_output, values), p.center_filler)]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return param.center_loss_param.num_output if bottom == 1 else None

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        classes = self.centers.shape[0]
        target = self.indices(labels, classes).reshape(-1)
        features = x.reshape(target.shape[0], -1)
        counts = (target.unsqueeze(-1) == torch.arange(classes, device=target.device)).sum(0)
        share = (counts / (counts + 1))[target].to(x.dtype)
        value = self._distances(features - self.centers[target]).sum() / max(1, len(target))
        of_features = self._distances(features - self.centers.detach()[target]).sum() / max(1, len(target))
        of_centers = (self._distances(features.detach() - self.centers[target]) * share).sum()
        return with_gradient_of(value, of_features + of_centers / (self.given_loss_weight or 1.0))

    def _distances(self, difference: torch.Tensor) -> torch.Tensor:
        if self.param.center_loss_param.distance_type == "L1":
            return difference.abs().sum(1)
        return difference.square().sum(1) / 2


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.center_loss_param.axis, len(shape), "center_loss_param.axis")
