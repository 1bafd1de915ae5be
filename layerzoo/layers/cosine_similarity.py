"""CosineSimilarity: the cosine of the angle between two vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, between, exactly, register
from layerzoo.schema import LayerParameter

_FIELD = "cosine_similarity_param"


@register
class CosineSimilarity(Layer):
    """The cosine of the angle between the vectors of each item of two bottoms.

    Three forks have a layer of this name. With ``cosine_similarity_param`` the top is ``(1 + x y / (|x| |y| +
    eps)) / 2``, from 0 to 1. With two tops the first is the cosine, and the second, which that fork never
    fills, 0. With ``mean: true``, for the fork that has no message, the top is the mean cosine.

    Shapes: bottoms (N, C...), both; top (N, 1), or with two tops (N, 1, 1, 1), both, or () with ``mean``.
    Source: ``similarity_layer`` of a fork with ``cosine_similarity_param``; ``cosine_similarity_layer`` of
    madiken/skaffe_private_old (two tops) and of JosephChenHub/caffe (the mean), without a paper.
    """

    family = "common"
    example = "eps: 1e-6"
    messages = (_FIELD,)
    bottoms = exactly(2)
    tops = between(1, 2)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if _halved(param):
            return {}
        reason = "only the fork whose top is from 0 to 1 has it"
        fields = [f"{_FIELD}.eps", *([f"{_FIELD}.mean"] if len(param.top) > 1 else [])]
        return dict.fromkeys(fields, reason)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        first, second = bottoms
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

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        p = self.param.cosine_similarity_param
        one, two = x.flatten(1), y.flatten(1)
        # a vector of zeros has no direction; the bound keeps its gradient finite
        tiny = torch.finfo(x.dtype).tiny
        lengths = [vectors.square().sum(1).clamp(min=tiny).sqrt() for vectors in (one, two)]
        cosine = (one * two).sum(1) / (lengths[0] * lengths[1] + (p.eps if self.halved else 0))
        if self.halved:
            return (0.5 + 0.5 * cosine).unsqueeze(1)
        if self.top_count > 1:
            cosine = cosine.reshape(-1, 1, 1, 1)
            return cosine, torch.zeros_like(cosine)
        return cosine.mean()


def _halved(param: LayerParameter) -> bool:
    """Whether the top is from 0 to 1."""
    return len(param.top) < 2 and param.HasField(_FIELD) and not param.cosine_similarity_param.mean
