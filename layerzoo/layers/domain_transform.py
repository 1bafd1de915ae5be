"""DomainTransform: edge-preserving recursive filtering."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.functional.constants import constant
from layerzoo.functional.transforms import may_read
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter

_MOST_ITERATIONS = 100
"""The width of the filter halves in each."""


@register
class DomainTransform(Layer):
    """Smooth the first bottom by recursive filters that stop at the edges of the second.

    Each of ``num_iter`` iterations filters from left to right, back, from top to bottom, and back: ``y[i] =
    (1 - w) x[i] + w y[i - 1]`` with ``w = exp(-sqrt(2) (1 + edge spatial_sigma / range_sigma) / sigma)``,
    limited to ``min_weight`` and 1, where ``sigma`` halves from iteration to iteration. The third bottom
    gives the height and width of each image's part that is filtered. The gradient of the limit is that of
    the exponential.

    Shapes: bottoms (N, C, H, W), (N, 1, H, W) and (N, 2, 1, 1), top as the first. Source: DeepLab's and
    PSPNet's forks, ``domain_transform_layer``; Gastal and Oliveira 2011; Chen et al. 2016.
    """

    family = "vision"
    example_bottoms = ((1, 2, 6, 7), (1, 1, 6, 7), (1, 2, 1, 1))
    needs_images = True
    messages = ("domain_transform_param",)
    bottoms = exactly(3)
    without_gradient = (2,)
    stays_fp32 = True

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        """What its backward pass computes instead of the derivative; see `LayerFacts.surrogate_gradient`."""
        return "where a weight is limited, it is that of the weight itself without the limit"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        x, edges, sizes = bottoms
        p = param.domain_transform_param
        for name in ("num_iter", "spatial_sigma", "range_sigma"):
            if not getattr(p, name) > 0:
                raise LayerFault(
                    f"{name} {getattr(p, name):g} is not above 0", field=f"domain_transform_param.{name}"
                )
        if p.num_iter > _MOST_ITERATIONS:
            message = f"num_iter {p.num_iter} is above {_MOST_ITERATIONS}"
            raise LayerFault(message, field="domain_transform_param.num_iter", hint="3 is usual")
        if not p.min_weight >= 0:
            raise LayerFault(
                f"min_weight {p.min_weight:g} is below 0", field="domain_transform_param.min_weight"
            )
        if len(x) != 4 or edges != (x[0], 1, *x[2:]):
            raise LayerFault(
                f"bottoms of shapes {x} and {edges}; expected (N, C, H, W) and (N, 1, H, W)", bottom=1
            )
        if len(sizes) < 2 or sizes[0] != x[0] or torch.Size(sizes[1:]).numel() < 2:
            raise LayerFault(f"sizes of shape {sizes}; expected {(x[0], 2, 1, 1)}", bottom=2)
        return [x]

    def forward(self, x: torch.Tensor, edges: torch.Tensor, sizes: torch.Tensor) -> torch.Tensor:
        p = self.param.domain_transform_param
        inside = self._inside(x, sizes.detach().flatten(1)[:, :2].long())
        for iteration in range(p.num_iter):
            sigma = p.spatial_sigma * sqrt(3) * 2 ** (p.num_iter - iteration - 1) / sqrt(4**p.num_iter - 1)
            exponent = (1 + edges * (p.spatial_sigma / p.range_sigma)) * (-sqrt(2) / sigma)
            limited = exponent.detach().exp().clamp(p.min_weight, 1)
            # the factor is 1; its gradient is the exponent's
            weight = torch.where(inside, limited * (exponent - exponent.detach()).exp(), 0)
            x = _filtered(_filtered(x, weight), weight.transpose(2, 3), transposed=True)
        return x

    def _inside(self, x: torch.Tensor, sizes: torch.Tensor) -> torch.Tensor:
        """Whether each position is in its image's part that is filtered; (N, 1, H, W)."""
        limits = constant(tuple(x.shape[2:]), None, x.device)
        if x.is_cpu and may_read() and bool((sizes > limits).any()):
            raise DataError(
                f"layer '{self.name}': a size of {sizes.amax(0).tolist()} in images of {limits.tolist()}"
            )
        rows = torch.arange(x.shape[2], device=x.device) < sizes[:, :1]
        columns = torch.arange(x.shape[3], device=x.device) < sizes[:, 1:]
        return (rows[:, :, None] & columns[:, None])[:, None]


def _filtered(x: torch.Tensor, weight: torch.Tensor, transposed: bool = False) -> torch.Tensor:
    """Filter along the last axis (the one before it if ``transposed``) forwards, then backwards."""
    slices = list((x.transpose(2, 3) if transposed else x).unbind(3))
    weights = weight.unbind(3)
    for i in range(1, len(slices)):
        slices[i] = torch.lerp(slices[i], slices[i - 1], weights[i].expand_as(slices[i]))
    for i in reversed(range(len(slices) - 1)):
        slices[i] = torch.lerp(slices[i], slices[i + 1], weights[i + 1].expand_as(slices[i]))
    y = torch.stack(slices, 3)
    return y.transpose(2, 3) if transposed else y
