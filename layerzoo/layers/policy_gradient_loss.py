"""PolicyGradientLoss: what a policy learns from the advantages of its actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, prod

from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import (
    LabelCheck,
    check_batch,
    check_labels_fit,
    ignored,
    normalization,
)
from layerzoo.functional.sample_weights import check_sample_weights, normalised_sum
from layerzoo.layer import Layer, Shape, between, canonical_axis, register
from layerzoo.schema import LayerParameter


@register
class PolicyGradientLoss(LabelCheck, Layer):
    """REINFORCE: the sum of ``-advantage * log softmax(scores)[action]``, normalised.

    Its gradient is an estimate of that of the expected return, negated, where an advantage is the return that
    followed an action, less a baseline. ``entropy_weight`` times the entropy of each softmax is subtracted,
    which keeps a policy from deciding too early. ``loss_param.ignore_label`` marks steps that don't count. A
    fourth bottom holds a weight for each step or for each sample.

    Shapes: bottoms (outer..., C, inner...), the scores; the actions and the advantages, one for each
    outer and inner position; optionally the weights. Top (). Only the scores get a gradient. Source:
    ours; Williams 1992; Mnih et al. 2016 (entropy).
    """

    family = "loss"
    label_word = "action"
    messages = ("policy_gradient_loss_param", "loss_param")
    bottoms = between(3, 4)
    is_loss = True
    without_gradient = (1, 2, 3)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        self.actions = bottom_shapes[0][self.axis]
        self.ignore = ignored(param.loss_param)
        self.mode = normalization(param.loss_param)
        self.fixed = param.loss_param.pre_fixed_normalizer
        self.entropy_weight = param.policy_gradient_loss_param.entropy_weight

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.loss_param.HasField("normalization"):
            return {**cls.ignores, "loss_param.normalize": "normalization overrides it"}
        return cls.ignores

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        scores, weight = bottoms[0], param.policy_gradient_loss_param.entropy_weight
        check_batch(bottoms)
        axis = _axis(param, scores)
        check_labels_fit(scores, bottoms[1], axis)
        if prod(bottoms[2]) != prod(bottoms[1]):
            raise LayerFault(
                f"advantages of shape {bottoms[2]} for actions of shape {bottoms[1]}; expected one for each",
                bottom=2,
            )
        if not (weight >= 0 and isfinite(weight)):
            field = "policy_gradient_loss_param.entropy_weight"
            raise LayerFault(f"entropy_weight {weight:g}; expected 0 or more", field=field)
        if len(bottoms) > 3:
            check_sample_weights(bottoms[3], (*scores[:axis], *scores[axis + 1 :]), 3)
        return [()]

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return param.policy_gradient_loss_param.axis

    def forward(
        self, scores: Tensor, actions: Tensor, advantages: Tensor, weights: Tensor | None = None
    ) -> Tensor:
        log_p = scores.log_softmax(self.axis)
        positions = (*scores.shape[: self.axis], *scores.shape[self.axis + 1 :])
        action = self.indices(actions, self.actions, self.ignore).reshape(positions)
        counted = None if self.ignore is None else action != self.ignore
        taken = action if counted is None else action.where(counted, 0)
        chosen = log_p.gather(self.axis, taken.unsqueeze(self.axis)).squeeze(self.axis)
        losses = -advantages.detach().reshape(positions) * chosen
        if self.entropy_weight:
            losses = losses + self.entropy_weight * (log_p.exp() * log_p).sum(self.axis)
        return normalised_sum(losses, self.mode, weights, counted, self.clock.shared_count, self.fixed)


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(
        param.policy_gradient_loss_param.axis, len(shape), "policy_gradient_loss_param.axis"
    )
