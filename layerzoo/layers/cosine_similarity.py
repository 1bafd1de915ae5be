"""CosineSimilarity: the cosine of the angle between two vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, between, canonical_axis, exactly, register
from layerzoo.schema import LayerParameter

_FIELD = "cosine_similarity_param"


@register
class CosineSimilarity(Layer):
    """The cosine of the angle between the vectors of each item of two bottoms.

    Three forks have a layer of this name. With ``cosine_similarity_param`` the top is ``(1 + x y / (|x| |y| +
    eps)) / 2``, from 0 to 1. With two tops the first is the cosine, and the second, which that fork never
    fills, 0. With ``mean: true``, for the fork that has no message, the top is the mean cosine.

    With ``axis`` the top holds ``x y / (|x| |y| + eps)`` of the vectors along that axis, at each place of the
    other axes; where one bottom has a single vector, the other's are compared with it.

    Shapes: bottoms (N, C...), both; top (N, 1), or with two tops (N, 1, 1, 1), both, or () with ``mean``.
    With ``axis``, bottoms whose other axes are equal or 1, and a top without it. Source: ``similarity_layer``
    of a fork with ``cosine_similarity_param``; ``cosine_similarity_layer`` of madiken/skaffe_private_old (two
    tops) and of JosephChenHub/caffe (the mean), without a paper; ``axis`` is ours.
    """

    family = "common"
    example = "eps: 1e-6"
    messages = (_FIELD,)
    bottoms = exactly(2)
    tops = between(1, 2)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if _halved(param) or _has_axis(param):
            return {}
        reason = "only the fork whose top is from 0 to 1 has it"
        fields = [f"{_FIELD}.eps", *([f"{_FIELD}.mean"] if len(param.top) > 1 else [])]
        return dict.fromkeys(fields, reason)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        first, second = bottoms
        if _has_axis(param):
            return [_without_axis(param, first, second)]
        if len(first) < 2 or first != second:
            raise LayerFault(
                f"bottoms of shapes {first} and {second}; both must be (N, C...) and equal", bottom=1
            )
        if len(param.top) > 1:
            return [(first[0], 1, 1, 1)] * 2
        if not param.HasField(_FIELD):
            raise LayerFault(
                "the forks with a CosineSimilarity compute different tops: the mean cosine, or for each item "
                "a number from 0 to 1",
                hint=f"give {_FIELD} {{ mean: true }}, or {_FIELD} {{ eps: 1e-8 }} for a number an item",
            )
        return [()] if param.cosine_similarity_param.mean else [(first[0], 1)]

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.halved = _halved(param)
        axis = param.cosine_similarity_param.axis
        self.axis = axis % len(bottom_shapes[0]) if _has_axis(param) else None

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        p = self.param.cosine_similarity_param
        one, two = (x.flatten(1), y.flatten(1)) if self.axis is None else (x, y)
        axis = 1 if self.axis is None else self.axis
        # a vector of zeros has no direction; the bound keeps its gradient finite
        tiny = torch.finfo(x.dtype).tiny
        lengths = [vectors.square().sum(axis).clamp(min=tiny).sqrt() for vectors in (one, two)]
        eps = p.eps if self.halved or self.axis is not None else 0
        cosine = (one * two).sum(axis) / (lengths[0] * lengths[1] + eps)
        if self.axis is not None:
            return cosine.mean() if p.mean else cosine
        if self.halved:
            return (0.5 + 0.5 * cosine).unsqueeze(1)
        if self.top_count > 1:
            cosine = cosine.reshape(-1, 1, 1, 1)
            return cosine, torch.zeros_like(cosine)
        return cosine.mean()


def _has_axis(param: LayerParameter) -> bool:
    """Whether vectors are those along an axis."""
    return param.HasField(_FIELD) and param.cosine_similarity_param.HasField("axis")


def _halved(param: LayerParameter) -> bool:
    """Whether the top is from 0 to 1."""
    p = param.cosine_similarity_param
    return len(param.top) < 2 and param.HasField(_FIELD) and not (p.mean or p.HasField("axis"))


def _without_axis(param: LayerParameter, first: Shape, second: Shape) -> Shape:
    """The shape of the cosines along an axis."""
    p = param.cosine_similarity_param
    axis = canonical_axis(p.axis, len(first), f"{_FIELD}.axis")
    pairs = list(zip(first, second, strict=False))
    fit = all(a == b or 1 in (a, b) for a, b in pairs)
    if len(first) != len(second) or first[axis] != second[axis] or not fit:
        raise LayerFault(
            f"bottoms of shapes {first} and {second}; expected vectors of one length along axis {axis}, and "
            "other axes that are equal or 1",
            bottom=1,
        )
    if len(param.top) > 1:
        raise LayerFault("2 tops; with axis there is one", field="top")
    sizes = [b if a == 1 else a for a, b in pairs]
    return () if p.mean else (*sizes[:axis], *sizes[axis + 1 :])
