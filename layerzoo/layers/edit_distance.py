"""EditDistance: how far sequences are from those that they should be."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.ctc import before_first
from layerzoo.layer import Layer, Shape, between, exactly, register
from layerzoo.schema import LayerParameter


@register
class EditDistance(Layer):
    """The fewest insertions, deletions and replacements that turn sequences into others, per element.

    It is the label error rate of Graves et al. 2006, and the word or character error rate of recognisers: the
    sum of the distances over the sum of the lengths of the second bottom; it is above 1 where the first one
    is much too long. The second top has the distance of each pair. A sequence ends at its first negative
    number, as those of CTCGreedyDecoder do. Numbers are rounded.

    Shapes: bottoms (N, T) and (N, L), with any axes of 1 behind; tops () and optionally (N). Source: ours;
    Levenshtein 1966.
    """

    family = "loss"
    deployed = False
    no_gradient = "the number of edits is a step function of the sequences"
    bottoms = exactly(2)
    tops = between(1, 2)
    stays_fp32 = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        for place, shape in enumerate(bottoms):
            if len(shape) < 2 or prod(shape[2:]) != 1:
                raise LayerFault(f"sequences of shape {shape}; expected (N, elements)", bottom=place)
        count, others = bottoms[0][0], bottoms[1][0]
        if others != count:
            raise LayerFault(f"{others} sequences to compare {count} with; expected as many", bottom=1)
        return [(), (count,)][: max(1, len(param.top))]

    @torch.no_grad()
    def forward(self, x: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        dtype = torch.promote_types(x.dtype, torch.float32)
        distances, lengths = edit_distances(*(each.reshape(each.shape[:2]) for each in (x, wanted)))
        rate = distances.sum().to(dtype) / lengths.sum().clamp(min=1)
        return rate if self.top_count < 2 else (rate, distances.to(dtype))


def edit_distances(one: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The distance of each pair, and the length of its second sequence; both (N), int64.

    It goes through the elements of the first sequences with a row of distances to each beginning of the
    second ones (Wagner and Fischer 1974). What insertions add along a row is a running minimum.
    """
    length, wanted_length = (before_first(each < 0).sum(1) for each in (one, other))
    elements, wanted = (each.round().long() for each in (one, other))
    places = torch.arange(other.shape[1] + 1, device=other.device)
    row = places.expand(len(other), -1)
    for step in range(one.shape[1]):
        replaced = row[:, :-1] + (elements[:, step : step + 1] != wanted)
        changed = torch.cat([row[:, :1] + 1, torch.minimum(replaced, row[:, 1:] + 1)], 1)
        inserted = (changed - places).cummin(1).values + places
        row = torch.where((step < length)[:, None], inserted, row)
    return row.gather(1, wanted_length[:, None])[:, 0], wanted_length
