"""KLDivLoss: the divergence of predicted from target probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LOG_FLOOR, normalization
from layerzoo.functional.sample_weights import check_sample_weights, normalised_sum
from layerzoo.layer import Layer, Shape, between, canonical_axis, register
from layerzoo.schema import KLDivLossParameter, LayerParameter

_LOGITS = KLDivLossParameter.LOGITS


@register
class KLDivLoss(Layer):
    """Kullback-Leibler divergence: the sum of ``t (log t - log p)`` over the classes, normalised.

    p are the predictions, t the targets; where t is 0 a class adds 0. ``input`` and ``target`` say in which
    form they are. With ``temperature`` T, logits are divided by T and the loss is multiplied by ``T^2``, as
    in distillation, where both bottoms are logits. A gradient flows to both. Positions are those of all axes
    but ``axis``; a third bottom holds a weight for each of them or for each sample.

    Shapes: bottoms (outer..., C, inner...), both, and optionally the weights; top (). Source: ours;
    Kullback and Leibler 1951; Hinton, Vinyals and Dean 2015 (distillation).
    """

    family = "loss"
    messages = ("kl_div_loss_param", "loss_param")
    ignores: ClassVar[Mapping[str, str]] = {
        "loss_param.ignore_label": "targets are probabilities, not labels"
    }
    bottoms = between(2, 3)
    is_loss = True
    without_gradient = (1, 2)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        self.mode = normalization(param.loss_param)
        self.fixed = param.loss_param.pre_fixed_normalizer
        self.temperature = param.kl_div_loss_param.temperature
        self.forms = param.kl_div_loss_param.input, param.kl_div_loss_param.target

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        p = param.kl_div_loss_param
        unread = dict(cls.ignores)
        if param.loss_param.HasField("normalization"):
            unread["loss_param.normalize"] = "normalization overrides it"
        if _LOGITS not in (p.input, p.target):
            unread["kl_div_loss_param.temperature"] = "no bottom holds LOGITS"
        return unread

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        predictions, targets = bottoms[:2]
        axis = _axis(param, predictions)
        if predictions != targets:
            raise LayerFault(
                f"predictions of shape {predictions} and targets of shape {targets}; they must be equal",
                bottom=1,
                hint="targets are distributions over the classes; labels need SoftmaxWithLoss",
            )
        temperature = param.kl_div_loss_param.temperature
        if not (temperature > 0 and isfinite(temperature)):
            raise LayerFault(
                f"temperature {temperature:g} is not above 0", field="kl_div_loss_param.temperature"
            )
        if len(bottoms) > 2:
            check_sample_weights(bottoms[2], (*predictions[:axis], *predictions[axis + 1 :]), 2)
        return [()]

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return None  # the second bottom holds no labels

    def forward(self, x: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
        log_p, log_t = self._logs(x, self.forms[0]), self._logs(target, self.forms[1])
        t = target if self.forms[1] == KLDivLossParameter.PROBABILITIES else log_t.exp()
        terms = torch.where(t > 0, t * (torch.where(t > 0, log_t, 0) - torch.where(t > 0, log_p, 0)), 0)
        scale = self.temperature**2 if _LOGITS in self.forms else 1.0
        losses = terms.sum(self.axis) * scale
        if not losses.dim():
            losses = losses.unsqueeze(0)
        return normalised_sum(losses, self.mode, weights, None, self.clock.shared_count, self.fixed)

    def _logs(self, x: Tensor, form: int) -> Tensor:
        """The logarithms of the probabilities of a bottom."""
        if form == KLDivLossParameter.LOGITS:
            return (x / self.temperature).log_softmax(self.axis)
        return x if form == KLDivLossParameter.LOG_PROBABILITIES else x.clamp(min=LOG_FLOOR).log()


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.kl_div_loss_param.axis, len(shape), "kl_div_loss_param.axis")
