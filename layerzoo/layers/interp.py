"""Interp: bilinear interpolation whose corners stay corners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import InterpParameter, LayerParameter

_SIZES = tuple(f"interp_param.{name}" for name in ("height", "width", "zoom_factor", "shrink_factor"))


class _Rule(NamedTuple):
    """What gives the size of the top: a size, or factors."""

    size: tuple[int, int] | None
    zoom: int
    shrink: int


@register
class Interp(Layer):
    """Resize images by bilinear interpolation; the centres of the corner pixels stay where they are.

    ``zoom_factor`` or ``shrink_factor`` gives the size where one of them is set, even beside ``height`` and
    ``width``; these are taken where neither or both are set. A second bottom gives it with
    ``use_blob_size``. ``pad_beg`` and ``pad_end`` crop the first bottom before that.

    Shapes: bottoms (N, C, H, W), optionally (any, any, height, width); top (N, C, height, width). Source:
    ``interp_layer`` of DeepLab's and PSPNet's forks; Chen et al. 2015; Zhao et al. 2017. The second bottom:
    soeaver/caffe-model.
    """

    family = "vision"
    needs_images = True
    interpolates = True
    bottoms = between(1, 2)
    without_gradient = (1,)
    example = "zoom_factor: 8"
    messages = ("interp_param",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.interp_param
        self.crop = (-p.pad_beg, p.pad_end or None)
        self.rule = _Rule(None, 1, 1) if p.use_blob_size else _rule(p)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        p = param.interp_param
        if p.use_blob_size:
            return dict.fromkeys(_SIZES, "use_blob_size: the second bottom gives the size")
        factors = [name for name in ("zoom_factor", "shrink_factor") if p.HasField(name)]
        if len(factors) == 1:
            return dict.fromkeys(
                ("interp_param.height", "interp_param.width"), f"{factors[0]} gives the size"
            )
        if p.HasField("height") and p.HasField("width"):
            fields = ("interp_param.zoom_factor", "interp_param.shrink_factor")
            return dict.fromkeys(fields, "height and width give the size")
        return {}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shape, p = bottoms[0], param.interp_param
        for index, other in enumerate(bottoms):
            if len(other) != 4:
                raise LayerFault(f"a bottom of shape {other}, expected (N, C, H, W)", bottom=index)
        if p.use_blob_size != (len(bottoms) > 1):
            raise LayerFault(
                "use_blob_size and a second bottom are given without each other",
                field="interp_param.use_blob_size",
                hint="with use_blob_size the second bottom gives the size of the top",
            )
        for name in ("pad_beg", "pad_end"):
            if getattr(p, name) > 0:
                raise LayerFault(
                    f"{name} {getattr(p, name)} is above 0",
                    field=f"interp_param.{name}",
                    hint="it only crops",
                )
        cropped = [size + p.pad_beg + p.pad_end for size in shape[2:]]
        if min(cropped) < 1:
            raise LayerFault(
                f"pad_beg and pad_end crop all of a bottom {shape}", field="interp_param.pad_beg"
            )
        top = bottoms[1][2:] if p.use_blob_size else _sizes(_rule(p), cropped)
        if min(top) < 1:
            raise LayerFault(f"a top of {top[0]} x {top[1]} pixels", field="interp_param.height")
        return [(*shape[:2], *top)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        x, (start, end) = bottoms.first, self.crop
        if start or end:
            cut = f"{start or ''}:{end or ''}"
            x = f"{x}[:, :, {cut}, {cut}]"
        size = bottoms.tops[0][2:]
        return f'F.interpolate({x}, size={size}, mode="bilinear", align_corners=True)'

    def forward(self, x: torch.Tensor, sized: torch.Tensor | None = None) -> torch.Tensor:
        start, end = self.crop
        if start or end:
            x = x[:, :, start:end, start:end]
        size = sized.shape[2:] if sized is not None else _sizes(self.rule, x.shape[2:])
        return F.interpolate(x, size=size, mode="bilinear", align_corners=True)


def _rule(p: InterpParameter) -> _Rule:
    """What the fields say, as numbers: torch's compiler can't ask a message which of its fields are set."""
    zoom, shrink = p.HasField("zoom_factor"), p.HasField("shrink_factor")
    for name in ("zoom_factor", "shrink_factor"):
        if getattr(p, name) < 1:
            raise LayerFault(f"{name} {getattr(p, name)} is below 1", field=f"interp_param.{name}")
    fixed = zoom == shrink and p.HasField("height") and p.HasField("width")
    if not (fixed or zoom or shrink):
        raise LayerFault(
            "the size of the top is missing",
            field="interp_param",
            hint="give zoom_factor, shrink_factor, or height and width",
        )
    return _Rule((p.height, p.width) if fixed else None, p.zoom_factor, p.shrink_factor)


def _sizes(rule: _Rule, sizes: Sequence[int]) -> list[int]:
    """Height and width of the top for a cropped bottom of those sizes."""
    if rule.size is not None:
        return list(rule.size)
    return [((size - 1) // rule.shrink) * rule.zoom + 1 for size in sizes]
