"""CTCDecoder: sequences of labels from scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.ctc import best_labels, check_blank, steps_until
from layerzoo.functional.sequence_axes import sequence_axes
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import CTCParameter, LayerParameter


@register
class CTCDecoder(Layer):
    """The best label of each step, without blanks and repeated ones once (BEST_PATH), or as it is (IN_PLACE).

    After the last label of a sequence -1 stands.

    Shapes: bottom (N, C, T) or as ``nct_axis`` says; or (T, N, C) and (T, N) indicators, 0 where a sequence
    begins; top (N, T, 1, 1). Source: ``ctc_decoder_layer`` of forks with ``ctc_param``;
    ``ctc_decoder_param`` is that of ChWick/caffe.
    """

    family = "common"
    messages = ("ctc_decoder_param", "ctc_param")
    ignores: ClassVar = {
        "ctc_param.already_softmax": "the best label is the same",
        "ctc_decoder_param.max_candidates": "only CTCBeamSearchDecoder reads it",
        "ctc_param.beam_width": "there is no beam search",
    }
    bottoms = between(1, 2)
    no_gradient = "labels are numbers"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        if bottom_shapes:
            self.axes = sequence_axes(param.ctc_param, bottom_shapes[0], len(bottom_shapes) > 1)
            labels = bottom_shapes[0][self.axes[1]]
            blank = _blank(param, labels)
            # counted from the last label if the config counts so: a batch may have others
            self.blank = blank - labels if _given_blank(param) < 0 else blank

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if param.HasField("ctc_param") and param.HasField("ctc_decoder_param"):
            raise LayerFault("ctc_param and ctc_decoder_param are of two forks; give one", field="ctc_param")
        items, labels, time = sequence_axes(param.ctc_param, bottoms[0], len(bottoms) > 1)
        _blank(param, bottoms[0][labels])
        if param.ctc_param.decode == CTCParameter.BEAM_SEARCH:
            hint = "use BEST_PATH; the fork refuses each beam_width above 0 as well"
            raise LayerFault("decode: BEAM_SEARCH is not supported", field="ctc_param.decode", hint=hint)
        count, steps = bottoms[0][items], bottoms[0][time]
        if len(bottoms) > 1 and bottoms[1] != (steps, count):
            raise LayerFault(f"indicators of shape {bottoms[1]}; expected {(steps, count)}", bottom=1)
        return [(count, steps, 1, 1)]

    @torch.no_grad()
    def forward(self, x: torch.Tensor, *indicators: torch.Tensor) -> torch.Tensor:
        items, classes, time = self.axes
        scores = x.permute(items, time, classes, *sorted({*range(x.ndim)} - {time, items, classes}))
        scores = scores.reshape(*scores.shape[:3])
        count, longest = scores.shape[:2]
        steps = torch.full((count,), longest, device=x.device)
        for given in indicators:
            steps = steps_until(given)
        places = torch.arange(longest, device=x.device)
        if self.param.ctc_param.decode == CTCParameter.IN_PLACE:
            labels, lengths = scores.argmax(2), steps
        else:
            merge = self.param.ctc_decoder_param.ctc_merge_repeated
            labels, lengths = best_labels(scores, steps, self.blank % scores.shape[2], merge)
            labels = F.pad(labels, (0, longest - labels.shape[1]))
        return torch.where(places < lengths[:, None], labels, -1).to(x.dtype)[..., None, None]


def _given_blank(param: LayerParameter) -> int:
    """The blank label of the config, below 0 from the last one."""
    both = param.ctc_decoder_param if param.HasField("ctc_decoder_param") else param.ctc_param
    return int(both.blank_index)


def _blank(param: LayerParameter, labels: int) -> int:
    if param.HasField("ctc_decoder_param"):
        return check_blank(param.ctc_decoder_param.blank_index, labels, "ctc_decoder_param.blank_index")
    blank = param.ctc_param.blank_index
    return check_blank(blank + labels if -labels <= blank < 0 else blank, labels, "ctc_param.blank_index")
