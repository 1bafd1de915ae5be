"""CTCGreedyDecoder: sequences of labels from scores, their scores, and how many are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch

from layerzoo.functional.ctc import begins_with, best_labels, check_blank, check_decoder, steps_until
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class CTCGreedyDecoder(Layer):
    """The best label of each step, without blanks, and repeated ones once with ``ctc_merge_repeated``.

    After the last label of a sequence -1 stands. The score of a sequence is minus the sum of its best values.
    A sequence is right if it begins with the labels of the third bottom, which end at the first negative one.

    Shapes: bottoms (T, N, C), (T, N) indicators, 0 where a sequence begins, and optionally (L, N) labels;
    tops (N, T, 1, 1), and optionally the scores (N, 1, 1, 1), or with three bottoms the accuracy (1, 1, 1,
    1), or both. Source: ``ctc_decoder_layer`` of ChWick/caffe.
    """

    family = "common"
    messages = ("ctc_decoder_param",)
    ignores: ClassVar[Mapping[str, str]] = {
        "ctc_decoder_param.max_candidates": "only CTCBeamSearchDecoder reads it"
    }
    bottoms = between(2, 3)
    tops = between(1, 3)
    no_gradient = "labels are numbers"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return check_decoder(param, bottoms)

    @torch.no_grad()
    def forward(
        self, x: torch.Tensor, indicators: torch.Tensor, *targets: torch.Tensor
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        p = self.param.ctc_decoder_param
        values = x.reshape(*x.shape[:3]).transpose(0, 1)
        steps = steps_until(indicators.reshape(*indicators.shape[:2]))
        blank = check_blank(p.blank_index, values.shape[2], "ctc_decoder_param.blank_index")
        labels, lengths = best_labels(values, steps, blank, p.ctc_merge_repeated)
        places = torch.arange(labels.shape[1], device=x.device)
        sequences = torch.where(places < lengths[:, None], labels, -1)
        tops = [sequences.to(x.dtype)[..., None, None]]
        count = self.top_count
        if count > 2 or (count == 2 and not targets):
            best = torch.where(places < steps[:, None], values.amax(2), 0)
            tops.append(-best.sum(1)[:, None, None, None])
        for target in targets if count > 1 else ():
            right = begins_with(sequences, target).to(x.dtype)
            tops.append(right.sum().reshape(1, 1, 1, 1) / max(1, right.shape[0]))
        return tops[0] if len(tops) == 1 else tuple(tops)
