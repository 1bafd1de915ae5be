"""CTCBeamSearchDecoder: the most probable sequences of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.ctc import begins_with, check_blank, check_decoder, steps_until
from layerzoo.functional.ctc_beam import best_sequences
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class CTCBeamSearchDecoder(Layer):
    """The most probable sequence of labels by a prefix search over logarithms of probabilities.

    At each step the ``max_candidates`` most probable sequences that weren't continued yet are continued by
    every label; all sequences so far share the probability of their paths. After the last label of a sequence
    -1 stands. The score of a sequence is minus the logarithm of its probability. A sequence is right if it
    begins with the labels of the third bottom, which end at the first negative one.

    Shapes: bottoms (T, N, C), (T, N) indicators, 0 where a sequence begins, and optionally (L, N) labels;
    tops (N, T, 1, 1), and optionally the scores (N, 1, 1, 1), or with three bottoms the accuracy (1, 1, 1,
    1), or both. Source: ``ctc_decoder_layer`` of openvinotoolkit/training_toolbox_caffe; Graves 2012.
    """

    family = "common"
    example = "max_candidates: 10"
    messages = ("ctc_decoder_param",)
    ignores: ClassVar[Mapping[str, str]] = {
        "ctc_decoder_param.ctc_merge_repeated": "equal neighbours without a blank between are one"
    }
    bottoms = between(2, 3)
    tops = between(1, 3)
    no_gradient = "labels are numbers"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if not param.ctc_decoder_param.max_candidates:
            raise LayerFault("max_candidates must be at least 1", field="ctc_decoder_param.max_candidates")
        return check_decoder(param, bottoms)

    @torch.no_grad()
    def forward(self, x: Tensor, indicators: Tensor, *targets: Tensor) -> Tensor | tuple[Tensor, ...]:
        p = self.param.ctc_decoder_param
        log = x.reshape(*x.shape[:3])
        steps = steps_until(indicators.reshape(*indicators.shape[:2]))
        blank = check_blank(p.blank_index, log.shape[2], "ctc_decoder_param.blank_index")
        best = best_sequences(log, steps, blank, p.max_candidates)
        tops = [best.labels.to(x.dtype)[..., None, None]]
        count = self.top_count
        if count > 2 or (count == 2 and not targets):
            tops.append(-best.log_probability[:, None, None, None])
        for target in targets if count > 1 else ():
            right = begins_with(best.labels, target).to(x.dtype)
            tops.append(right.sum().reshape(1, 1, 1, 1) / max(1, right.shape[0]))
        return tops[0] if len(tops) == 1 else tuple(tops)
