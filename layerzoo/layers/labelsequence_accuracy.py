"""LabelsequenceAccuracy: the fraction of sequences of labels that are right."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.ctc import best_labels, kept, same
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class LabelsequenceAccuracy(Layer):
    """The fraction of sequences whose best labels, without ``blank_label`` and repetitions, are the labels.

    Shapes: bottoms (N, T, C), scores, and (N, L) labels, where ``blank_label`` is padding; top (). Source:
    ``labelsequence_accuracy_layer`` of DeepDetect's caffe.
    """

    family = "loss"
    higher_is_better = True
    deployed = False
    no_gradient = "the number of right sequences is a step function of the scores"
    messages = ("labelsequence_accuracy_param",)
    bottoms = exactly(2)
    stays_fp32 = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        scores, labels = bottoms
        if len(scores) < 3 or prod(scores[3:]) != 1 or not scores[2]:
            raise LayerFault(f"scores of shape {scores}; expected (N, time steps, labels)", bottom=0)
        if len(labels) < 2 or prod(labels[2:]) != 1 or labels[0] != scores[0]:
            raise LayerFault(f"labels of shape {labels} for {scores[0]} sequences; expected (N, L)", bottom=1)
        return [()]

    @torch.no_grad()
    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        blank = self.param.labelsequence_accuracy_param.blank_label
        scores = x.reshape(*x.shape[:3])
        steps = torch.full((x.shape[0],), scores.shape[1], device=x.device)
        wanted = labels.reshape(*labels.shape[:2]).long()
        right = same(best_labels(scores, steps, blank), kept(wanted, wanted != blank))
        dtype = torch.promote_types(x.dtype, torch.float32)
        return right.to(dtype).sum() / max(1, len(right))
