"""Upsample: enlarge images, by the mask of a max pooling or by repeating pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.unpool import unpool
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter, UpsampleParameter

_OF_MASKS = ("scale_h", "scale_w", "pad_out_h", "pad_out_w", "upsample_h", "upsample_w")


class _Rule(NamedTuple):
    """What gives the size of the top: a size, or factors and what is cut off; of height and width."""

    size: tuple[int, int] | None
    scales: tuple[int, int]
    cut: tuple[int, int] = (0, 0)

    def top(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the top for those of the bottom."""
        if self.size is not None:
            return self.size
        return height * self.scales[0] - self.cut[0], width * self.scales[1] - self.cut[1]


@register
class Upsample(LabelCheck, Layer):
    """Enlarge images by a whole factor.

    With a second bottom, the mask of a max pooling, each value moves to the place of its maximum, and the
    rest is 0 (SegNet). With one bottom each value is repeated ``scale`` times in height and width
    (MobileNet-YOLO).

    With a mask, the top is ``scale`` (2) times as large, a row or column less with ``pad_out_h`` and
    ``pad_out_w``, or of the size ``upsample_h`` x ``upsample_w``. Where the mask names a place twice, the
    last value stays, and all get the gradient of the place, as in SegNet's fork.

    Shapes: bottoms (N, C, H, W) and optionally the mask (N, C, H, W), top (N, C, height, width). Source: the
    forks of SegNet (Badrinarayanan, Kendall and Cipolla 2017) and MobileNet-YOLO, ``upsample_layer``.
    """

    family = "vision"
    needs_images = True
    passes_values = True
    example = "scale: 2"
    messages = ("upsample_param",)
    bottoms = between(1, 2)
    without_gradient = (1,)
    label_word = "index"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.rule = _rule(param.upsample_param, masked=len(param.bottom) > 1)

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        """What its backward pass computes instead of the derivative; see `LayerFacts.surrogate_gradient`."""
        if len(param.bottom) < 2:
            return None
        return "where the mask names a place twice, each value gets the gradient of the place"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        x, p = bottoms[0], param.upsample_param
        if len(x) != 4:
            raise LayerFault(f"a bottom of shape {x}, expected (N, C, H, W)", bottom=0)
        if len(bottoms) > 1 and bottoms[1] != x:
            raise LayerFault(
                f"a mask of shape {bottoms[1]} for a bottom {x}; both must be the same", bottom=1
            )
        return [(*x[:2], *_rule(p, masked=len(bottoms) > 1).top(*x[2:]))]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        x, (height, width) = bottoms.first, bottoms.tops[0][2:]
        if len(bottoms.names) < 2:
            return f'F.interpolate({x}, size=({height}, {width}), mode="nearest")'
        zeros = f"{x}.new_zeros({x}.shape[0], {bottoms.shapes[0][1]}, {height * width})"
        moved = f"{zeros}.scatter(2, {bottoms.names[1]}.flatten(2).long(), {x}.flatten(2))"
        return f"{moved}.unflatten(2, ({height}, {width}))"

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        sizes = self.rule.top(*x.shape[2:])
        if mask is None:
            return F.interpolate(x, size=sizes, mode="nearest")
        return unpool(x, self.indices(mask, sizes[0] * sizes[1]), sizes)


def _rule(p: UpsampleParameter, masked: bool) -> _Rule:
    """What the fields say, as numbers: torch's compiler can't ask a message which of its fields are set."""
    return _of_mask(p) if masked else _of_scale(p)


def _of_scale(p: UpsampleParameter) -> _Rule:
    given = [name for name in _OF_MASKS if p.HasField(name)]
    if given:
        raise LayerFault(
            f"{given[0]} needs a mask as second bottom",
            field=f"upsample_param.{given[0]}",
            hint="the mask is a max pooling's second top",
        )
    scale = p.scale if p.HasField("scale") else 1
    if scale < 1:
        raise LayerFault("scale must be at least 1", field="upsample_param.scale")
    return _Rule(None, (scale, scale))


def _of_mask(p: UpsampleParameter) -> _Rule:
    if p.HasField("upsample_h") and p.HasField("upsample_w"):
        if min(p.upsample_h, p.upsample_w) < 2:
            raise LayerFault(
                f"a top of {p.upsample_h} x {p.upsample_w} pixels", field="upsample_param.upsample_h"
            )
        return _Rule((p.upsample_h, p.upsample_w), (1, 1))
    if p.HasField("scale_h") != p.HasField("scale_w") or (p.HasField("scale") and p.HasField("scale_h")):
        raise LayerFault(
            "the size of the top is not clear",
            field="upsample_param",
            hint="give upsample_h and upsample_w, or scale, or scale_h and scale_w",
        )
    scales = (p.scale_h, p.scale_w) if p.HasField("scale_h") else (p.scale, p.scale)
    cut = (p.pad_out_h, p.pad_out_w)
    for scale, one_less, axis in zip(scales, cut, "hw", strict=True):
        if scale < 2:
            raise LayerFault(f"a scale of {scale}; expected 2 or more", field="upsample_param.scale")
        if one_less and scale != 2:
            raise LayerFault(
                f"pad_out_{axis} needs a scale of 2, not {scale}", field=f"upsample_param.pad_out_{axis}"
            )
    return _Rule(None, scales, cut)
