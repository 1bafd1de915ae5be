"""Normalize: divide vectors by their norm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from torch import Tensor, nn

from layerzoo.errors import LayerFault
from layerzoo.functional.unit_vectors import euclidean_norm, scaled_unit_vectors
from layerzoo.graph.facts import GradientStops
from layerzoo.layer import Layer, OwnParam, Shape, between, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import FillerParameter, LayerParameter

_EPS = 1e-6
"""What caffe-windows adds to the sum under the root, or to the sum of absolute values."""

_NORMS = ("L2", "L1")


@register
class Normalize(Layer):
    """Divide vectors by their norm. Two forks of Caffe have a layer of this name.

    SSD's, with ``norm_param``: ``y = scale * x / sqrt(sum(x²) + eps)``, summed over the channels, or with
    ``across_spatial`` over the whole image; ``scale`` is learned. Unless it is shared by the channels, the
    gradient of the bottom is that fork's: the gradient of ``x / norm`` times ``scale``, not that of their
    product.

    caffe-windows', with ``normalize_param`` or neither: ``y = x / norm`` over the channels, where the norm is
    ``sqrt(sum(x²) + 1e-6)`` or, with L1, ``sum(|x|) + 1e-6``; the norms are a second top, from which a
    gradient flows with ``bp_norm``.

    Shapes: bottom (N, C, ...), top the same; ``scale`` () or (C). caffe-windows': tops (N, C, H, W) and
    (N, 1, H, W), where missing axes of the bottom are 1. Source: ``normalize_layer`` of SSD's fork (Liu et
    al. 2016) and of caffe-windows (Wang et al. 2017).
    """

    family = "normalisation"
    example = 'normalize_type: "L2"'
    messages = ("normalize_param", "norm_param")
    ignores: ClassVar[Mapping[str, str]] = {
        "normalize_param.fix_gradient": "caffe-windows doesn't read it either",
    }
    tops = between(1, 2)
    stays_fp32 = True
    param_names = ("scale",)
    scale: nn.Parameter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.norm_param
        self.of_ssd = _of_ssd(param)
        self.axes = tuple(range(1, len(bottom_shapes[0]))) if self.of_ssd and p.across_spatial else (1,)
        self.absolute = not self.of_ssd and param.normalize_param.normalize_type == "L1"
        self.eps = p.eps if self.of_ssd else _EPS
        self.gives_norm = len(param.top) > 1
        self.through_norm = param.normalize_param.bp_norm

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if len(param.top) < 2 and not _of_ssd(param):
            return {**cls.ignores, "normalize_param.bp_norm": "there is no second top"}
        return cls.ignores

    @classmethod
    def gradient_stops(cls, param: LayerParameter) -> GradientStops:
        if len(param.top) < 2 or param.normalize_param.bp_norm:
            return GradientStops()
        return GradientStops(tops=(1,), hint="normalize_param { bp_norm: true } propagates it")

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        if _of_ssd(param) and not param.norm_param.channel_shared:
            return "SSD's fork multiplies by the scale last, which is right only where all scales are equal"
        return None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shape = bottoms[0]
        if param.HasField("norm_param") and param.HasField("normalize_param"):
            raise LayerFault(
                "norm_param and normalize_param, of two forks' layers of this name",
                field="normalize_param",
                hint="norm_param is that of SSD's fork, normalize_param that of caffe-windows; remove one",
            )
        if _of_ssd(param):
            return _tops_of_ssd(param, shape)
        if not 1 <= len(shape) <= 4:
            raise LayerFault(f"a bottom of shape {shape}; expected 1 to 4 axes", bottom=0)
        if param.normalize_param.normalize_type not in _NORMS:
            raise LayerFault(
                f"normalize_type '{param.normalize_param.normalize_type}'",
                field="normalize_param.normalize_type",
                hint="L2 and L1 exist",
            )
        full = (*shape, 1, 1, 1)[:4]
        return [full, (full[0], 1, *full[2:])][: max(1, len(param.top))]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        if not _of_ssd(param):
            return []
        p = param.norm_param
        ones = FillerParameter(type="constant", value=1)
        shape = () if p.channel_shared else bottoms[0][1:2]
        return [OwnParam("scale", shape, p.scale_filler if p.HasField("scale_filler") else ones)]

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        warnings = super().check(param, bottoms)
        if not (param.HasField("norm_param") or param.HasField("normalize_param") or param.param):
            warnings.append(
                "neither norm_param nor normalize_param: taken for the layer of caffe-windows, which divides "
                "the channels at each position by their norm; 'norm_param {}' means that of SSD's fork"
            )
        return warnings

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        x = bottoms.first
        if len(bottoms.shapes[0]) < 4 and not self.of_ssd:
            x = f"{x}.view({', '.join(map(str, (-1, *bottoms.tops[0][1:])))})"
        axes = ", ".join(map(str, self.axes))
        eps = number(self.eps)
        if self.absolute:
            norm = f"({x}.abs().sum(1, keepdim=True) + {eps})"
        else:
            norm = f"({x}.square().sum(({axes},), keepdim=True) + {eps}).sqrt()"
        if self.scale is not None:
            scale = source.param("scale", self.scale)
            spread = f"[:{', None' * (len(bottoms.shapes[0]) - 2)}]" if self.scale.dim() else ""
            return f"{scale}{spread} * ({x} / {norm})"
        return f"{x} / {norm}, {norm}" if self.gives_norm else f"{x} / {norm}"

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        if self.scale is not None:
            if not self.scale.dim():
                return self.scale * (x / euclidean_norm(x, self.axes, self.eps))
            return scaled_unit_vectors(x, self.scale, self.axes, self.eps)
        x = x.reshape(*x.shape, *(1,) * (4 - x.dim()))
        norm = x.abs().sum(1, keepdim=True) + self.eps if self.absolute else euclidean_norm(x, (1,), self.eps)
        y = x / norm
        return (y, norm if self.through_norm else norm.detach()) if self.gives_norm else y


def _of_ssd(param: LayerParameter) -> bool:
    """Whether the layer is that of SSD's fork; of the two, only that one has a param."""
    return param.HasField("norm_param") or (not param.HasField("normalize_param") and bool(param.param))


def _tops_of_ssd(param: LayerParameter, shape: Shape) -> list[Shape]:
    if len(shape) < 2:
        raise LayerFault(f"a bottom of shape {shape}; expected 2 axes or more (N, C, ...)", bottom=0)
    if len(param.top) > 1:
        raise LayerFault(
            "2 tops; SSD's Normalize has one",
            field="top",
            hint="the norms are a top of caffe-windows' layer, which has normalize_param, not norm_param",
        )
    if not param.norm_param.eps >= 0:
        raise LayerFault(f"eps {param.norm_param.eps:g} is below 0", field="norm_param.eps")
    return [shape]
