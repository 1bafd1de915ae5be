"""PriorBox: the boxes that a detector's predictions are relative to."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt
from operator import truediv

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter, PriorBoxParameter

_SAME_RATIO = 1e-6
"""Aspect ratios that differ by less are the same."""

_LARGEST = 2.0**20
"""The largest size in pixels and aspect ratio."""


@register
class PriorBox(Layer):
    """Boxes of several sizes and aspect ratios around each position of a feature map.

    For each ``min_size``: a square of that side; a square of side ``sqrt(min_size * max_size)``; and for each
    aspect ratio ``r`` a box of ``min_size * sqrt(r)`` by ``min_size / sqrt(r)``. Sizes are in pixels, and the
    fork cuts off their fractions. Coordinates are fractions of the image.

    Shapes: bottoms (N, C, H, W), the feature map, and (N, channels, height, width), the image, of which only
    the shapes matter; top (1, 2, 4HWP) for P priors a position: the coordinates xmin, ymin, xmax, ymax of
    each prior, then their variances. Source: ``prior_box_layer`` of SSD's fork of Caffe (Liu et al. 2016).
    """

    family = "detection"
    fixed_buffers = ("half_sizes", "variances")
    example = "min_size: 30 max_size: 60 aspect_ratio: 2"
    messages = ("prior_box_param",)
    bottoms = exactly(2)
    no_gradient = "priors depend only on shapes"
    without_gradient = (0, 1)
    stays_fp32 = True
    half_sizes: torch.Tensor
    variances: torch.Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.prior_box_param
        self.image, self.steps = _image(p), _steps(p)
        self.offset, self.clip = p.offset, p.clip
        variances = list(p.variance) or [0.1]
        self.register_buffer("half_sizes", torch.tensor(_sizes(p)) / 2, persistent=False)
        self.register_buffer("variances", torch.tensor(variances).expand(4).clone(), persistent=False)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.prior_box_param
        for index, shape in enumerate(bottoms):
            if len(shape) != 4:
                raise LayerFault(f"a bottom of shape {shape}; expected (N, C, H, W)", bottom=index)
        (*_, height, width), (*_, image_height, image_width) = bottoms
        if not height * width * image_height * image_width:
            raise LayerFault(f"bottoms of shapes {bottoms[0]} and {bottoms[1]} without positions")
        _check_sizes(p)
        _check_variances(p)
        _image(p), _steps(p)
        return [(1, 2, height * width * len(_sizes(p)) * 4)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return source.param("priors", self(*map(torch.zeros, bottoms.shapes)))

    def forward(self, features: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        counts, size = features.shape[2:], self.image or tuple(image.shape[2:])
        steps = self.steps or tuple(map(truediv, size, counts))
        # double precision up to the last rounding, as in the fork
        halves = self.half_sizes.double()
        ends = []
        for axis in (1, 0):
            places = torch.arange(counts[axis], device=features.device, dtype=torch.float32)
            center = ((places + self.offset) * steps[axis]).double().unsqueeze(1)
            along = halves[:, 1 - axis]
            ends.append(((center - along) / size[axis], (center + along) / size[axis]))
        shape = (*counts, len(halves))
        (left, right), (upper, lower) = ends
        corners = (left, upper.unsqueeze(1), right, lower.unsqueeze(1))
        priors = torch.stack([corner.expand(shape) for corner in corners], -1)
        priors = (priors.clamp(0, 1) if self.clip else priors).to(features.dtype).reshape(-1)
        variances = self.variances.to(features.dtype).repeat(len(priors) // 4)
        return torch.stack((priors, variances)).unsqueeze(0)


def _sizes(p: PriorBoxParameter) -> list[tuple[float, float]]:
    """Width and height of each prior of a position, in pixels."""
    ratios = [1.0]
    for ratio in p.aspect_ratio:
        if all(abs(ratio - other) >= _SAME_RATIO for other in ratios):
            ratios += [ratio, 1 / ratio] if p.flip else [ratio]
    sizes = []
    for index, side in enumerate(map(int, p.min_size)):
        sizes.append((float(side), float(side)))
        if p.max_size:
            larger = sqrt(side * int(p.max_size[index]))
            sizes.append((larger, larger))
        sizes += [
            (side * sqrt(ratio), side / sqrt(ratio)) for ratio in ratios if abs(ratio - 1) >= _SAME_RATIO
        ]
    return sizes


def _check_sizes(p: PriorBoxParameter) -> None:
    """Check sizes and aspect ratios.

    Raises:
        LayerFault: one is missing, not positive or not finite.
    """
    if not p.min_size:
        raise LayerFault(
            "min_size is missing", field="prior_box_param.min_size", hint="the side of a square, in pixels"
        )
    named = (("min_size", p.min_size), ("max_size", p.max_size), ("aspect_ratio", p.aspect_ratio))
    for field, values in named:
        for value in values:
            if not 0 < value <= _LARGEST:
                raise LayerFault(
                    f"{field} {value:g}; it must be above 0 and at most {_LARGEST:g}",
                    field=f"prior_box_param.{field}",
                )
    if min(p.min_size) < 1:
        raise LayerFault(
            f"min_size {min(p.min_size):g} is below 1 pixel",
            field="prior_box_param.min_size",
            hint="sizes are in pixels, and a fraction is cut off",
        )
    if p.max_size and len(p.max_size) != len(p.min_size):
        raise LayerFault(
            f"{len(p.max_size)} max_size for {len(p.min_size)} min_size",
            field="prior_box_param.max_size",
            hint="give one for each, or none",
        )
    for low, high in zip(p.min_size, p.max_size, strict=False):
        if high <= low:
            raise LayerFault(
                f"max_size {high:g} is not above its min_size {low:g}", field="prior_box_param.max_size"
            )


def _check_variances(p: PriorBoxParameter) -> None:
    if len(p.variance) not in (0, 1, 4):
        raise LayerFault(
            f"{len(p.variance)} variances",
            field="prior_box_param.variance",
            hint="give one for all four numbers of a box, or four",
        )
    if not all(0 < value < inf for value in p.variance):
        raise LayerFault(
            f"variances {list(p.variance)}; they must be above 0", field="prior_box_param.variance"
        )


def _image(p: PriorBoxParameter) -> tuple[int, int] | None:
    """Height and width of the image, if the config gives them."""
    pair = _pair(p, "img_size", ("img_h", "img_w"))
    return None if pair is None else (int(pair[0]), int(pair[1]))


def _steps(p: PriorBoxParameter) -> tuple[float, float] | None:
    """Vertical and horizontal distance of the priors, if the config gives them."""
    return _pair(p, "step", ("step_h", "step_w"))


def _pair(p: PriorBoxParameter, both: str, single: tuple[str, str]) -> tuple[float, float] | None:
    """Two numbers that a config gives as one field, as two, or not at all.

    Raises:
        LayerFault: it gives both, only one of the two, or a number that is not above 0.
    """
    given = [name for name in (*single, both) if p.HasField(name)]
    if not given:
        return None
    if both in given and len(given) > 1:
        raise LayerFault(
            f"{both} and {given[0]}",
            field=f"prior_box_param.{given[0]}",
            hint=f"give either {both}, or {single[0]} and {single[1]}",
        )
    names = (both, both) if both in given else single
    values = (getattr(p, names[0]), getattr(p, names[1]))
    for name, value in zip(names, values, strict=True):
        if not 0 < value < inf:
            missing = name not in given
            raise LayerFault(
                f"{given[0]} without {name}" if missing else f"{name} {value:g}; it must be above 0",
                field=f"prior_box_param.{given[0] if missing else name}",
            )
    return values
