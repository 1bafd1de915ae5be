"""InnerDistance: the distance to each of several centres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch
from torch import nn

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.surrogate import with_fixed_gradient, with_gradient_of
from layerzoo.functional.transforms import store
from layerzoo.layer import Layer, OwnParam, Shape, between, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource, listed
from layerzoo.schema import LayerParameter


@register
class InnerDistance(LabelCheck, Layer):
    """The distance of features to each of several centres, which are a param blob or the second bottom.

    ``L2`` is the squared distance, ``L1`` the sum of absolute differences, whose gradient at negative
    differences is -1 whatever arrives from above. With ``normalize`` the centres are brought to length 1 in
    each pass. With ``update_center_only`` only the centre of an item's label gets its gradient.

    Shapes: bottoms (outer..., K...), optionally the centres (M, K...) and labels, one per outer position; top
    (outer..., M); ``weight`` (num_output, K). Source: ``inner_distance_layer`` of happynear/caffe-windows.
    """

    family = "common"
    messages = ("inner_distance_param",)
    example = 'num_output: 10 weight_filler { type: "xavier" }'
    ignores = {  # noqa: RUF012
        "inner_distance_param.bias_term": "distances have no bias",
        "inner_distance_param.bias_filler": "distances have no bias",
    }
    param_names = ("weight",)
    bottoms = between(1, 3)
    without_gradient = (2,)
    weight: nn.Parameter | None

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if len(param.bottom) < 2:
            return cls.ignores
        fields = ("num_output", "weight_filler", "transpose", "normalize")
        why = "the centres are the second bottom"
        return {**cls.ignores, **{f"inner_distance_param.{name}": why for name in fields}}

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        p = param.inner_distance_param
        if p.distance_type == "L1":
            return "at negative differences -1, without the gradient of its top, as in caffe-windows"
        if p.update_center_only:
            return "a centre gets that of its own items only"
        return "that of the normalised centres" if p.normalize and len(param.bottom) < 2 else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, axis = param.inner_distance_param, _axis(param, bottoms[0])
        if p.distance_type not in ("L1", "L2"):
            raise LayerFault(
                f"distance_type '{p.distance_type}'; expected 'L1' or 'L2'",
                field="inner_distance_param.distance_type",
            )
        outer, values = bottoms[0][:axis], prod(bottoms[0][axis:])
        if len(bottoms) < 3 and p.update_center_only:
            raise LayerFault(
                "update_center_only needs three bottoms: features, centres and labels",
                field="inner_distance_param.update_center_only",
            )
        if len(bottoms) == 1:
            return [(*outer, _outputs(param))]
        if not bottoms[1] or prod(bottoms[1][1:]) != values:
            raise LayerFault(f"centres of shape {bottoms[1]}; expected {values} values in each", bottom=1)
        if p.update_center_only and prod(bottoms[2]) != prod(outer):
            raise LayerFault(f"labels of shape {bottoms[2]} for {prod(outer)} items", bottom=2)
        return [(*outer, bottoms[1][0])]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        if len(bottoms) > 1:
            return []
        p = param.inner_distance_param
        shape = (_outputs(param), prod(bottoms[0][_axis(param, bottoms[0]) :]))
        return [OwnParam("weight", shape[::-1] if p.transpose else shape, p.weight_filler)]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return prod(bottoms[0]) * tops[0][-1]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        labelled = bottom == 2 and param.inner_distance_param.update_center_only
        return shapes[1][0] if labelled and shapes[1] else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        p, shape = self.param.inner_distance_param, bottoms.shapes[0]
        axis = _axis(self.param, shape)
        values = prod(shape[axis:])
        if self.weight is None:
            centers = f"{bottoms.names[1]}.flatten(1)"
        else:
            centers = source.param("centers", self._short(values) if p.normalize else self._reshaped(values))
        sizes = "square()" if p.distance_type == "L2" else "abs()"
        y = f"({bottoms.first}.reshape(-1, 1, {values}) - {centers}).{sizes}.sum(2)"
        return y if axis == 1 else f"{y}.reshape({listed((-1, *bottoms.tops[0][1:]))})"

    def forward(self, x: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        p, axis = self.param.inner_distance_param, _axis(self.param, tuple(x.shape))
        features = x.flatten(axis).flatten(0, -2) if axis else x.reshape(1, -1)
        centers = others[0].flatten(1) if others else self._centers(features.shape[1])
        if p.distance_type == "L2" and not p.update_center_only:
            y = (features[:, None] - centers).square().sum(2)
        else:
            own = self._own(others[1], centers) if p.update_center_only else None
            y = self._with_gradients_of_its_own(features, centers, own)
        return y.reshape(*x.shape[:axis], -1)

    def _own(self, labels: torch.Tensor, centers: torch.Tensor) -> torch.Tensor:
        target = self.indices(labels, centers.shape[0]).reshape(-1, 1)
        return (torch.arange(centers.shape[0], device=centers.device) == target)[..., None]

    def _centers(self, values: int) -> torch.Tensor:
        """The param blob as (centres, values), which `store` normalises."""
        weight = self._reshaped(values)
        if not self.param.inner_distance_param.normalize:
            return weight
        assert self.weight is not None  # `_reshaped` is of it
        short = self._short(values)
        store(self.weight, short.reshape(self.weight.shape))
        return with_gradient_of(short, weight)

    def _reshaped(self, values: int) -> torch.Tensor:
        assert self.weight is not None  # of a layer with one bottom
        return self.weight.reshape(-1, values)

    def _short(self, values: int) -> torch.Tensor:
        """Centres of length 1."""
        weight = self._reshaped(values).detach()
        return weight / (weight.square().sum(1, keepdim=True) + 1e-6).sqrt()

    def _with_gradients_of_its_own(
        self, x: torch.Tensor, centers: torch.Tensor, own: torch.Tensor | None
    ) -> torch.Tensor:
        difference = (x[:, None] - centers).detach()
        counts = torch.ones_like(difference, dtype=torch.bool) if own is None else own
        if self.param.inner_distance_param.distance_type == "L2":
            value = difference.square().sum(2)
            return with_gradient_of(
                value, 2 * (difference * (x[:, None] - torch.where(counts, centers, centers.detach()))).sum(2)
            )
        value = difference.abs().sum(2)
        above, below = difference > 0, difference < 0
        linear = (above * x[:, None] + (below & counts) * centers).sum(2)
        fixed_x = with_fixed_gradient(x, -below.sum(1).to(x.dtype)).sum()
        fixed_centers = with_fixed_gradient(centers, -(above & counts).sum(0).to(x.dtype)).sum()
        return with_gradient_of(value, linear + 0 * (fixed_x + fixed_centers))


def _outputs(param: LayerParameter) -> int:
    if not param.inner_distance_param.num_output:
        raise LayerFault("num_output must be at least 1", field="inner_distance_param.num_output")
    return param.inner_distance_param.num_output


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.inner_distance_param.axis, len(shape), "inner_distance_param.axis")
