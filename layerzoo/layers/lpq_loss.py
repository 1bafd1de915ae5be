"""LpqLoss: powers of absolute errors, and powers of their sums over channels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class LpqLoss(Layer):
    """The sum of ``(sum over channels of (|d| + p_epsilon)^p + q_epsilon)^q``, per image.

    d is the difference of the bottoms, or the only bottom. NaN, as in a label that is unknown, counts as a
    difference of 0, without a gradient. With ``p`` and ``q`` as lists, the last whose
    ``pq_episode_starts_at_iter`` isn't after the number of the pass holds. The gradient of an absolute value
    at 0 is -1.

    Shapes: one or two bottoms of one shape, (N, C, ...); top (). Source: ``lpq_loss_layer`` of
    lmb-freiburg/flownet2, whose schedule counts iterations; Mayer et al. 2016 (DispNet).
    """

    family = "loss"
    fixed_buffers = ("starts", "powers")
    example = "p: 1 q: 0.5"
    messages = ("lpq_loss_param",)
    bottoms = between(1, 2)
    is_loss = True
    powers: Tensor
    starts: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.lpq_loss_param
        self.fixed = (p.p[0], p.q[0]) if len(p.p) == 1 else None
        starts = torch.tensor(list(p.pq_episode_starts_at_iter), dtype=torch.int64)
        self.register_buffer("starts", starts, persistent=False)
        self.register_buffer("powers", torch.tensor([list(p.p), list(p.q)]), persistent=False)

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        changes = len(param.lpq_loss_param.p) > 1
        return "the powers depend on the iteration" if changes else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.lpq_loss_param
        if bottoms[0] != bottoms[-1] or len(bottoms[0]) < 2:
            raise LayerFault(
                f"bottoms of shapes {bottoms[0]} and {bottoms[-1]}; both must be equal, (N, C, ...)",
                bottom=len(bottoms) - 1,
            )
        starts = list(p.pq_episode_starts_at_iter) or ([0] if len(p.p) == 1 else [])
        if not (len(starts) == len(p.p) == len(p.q) > 0):
            raise LayerFault(
                f"{len(p.p)} p, {len(p.q)} q and {len(p.pq_episode_starts_at_iter)} "
                "pq_episode_starts_at_iter; give as many of each, or one p and one q",
                field="lpq_loss_param.p" if p.p else "lpq_loss_param",
            )
        if starts[0] or any(one >= other for one, other in pairwise(starts)):
            raise LayerFault(
                f"pq_episode_starts_at_iter is {starts}; it must begin with 0 and rise",
                field="lpq_loss_param.pq_episode_starts_at_iter",
            )
        return [()]

    def forward(self, x: Tensor, target: Tensor | None = None) -> Tensor:
        p = self.param.lpq_loss_param
        difference = x if target is None else x - target
        unknown = difference.isnan()
        difference = torch.where(unknown, 0, difference)
        errors = torch.where(difference > 0, difference, -difference)
        inner, outer = self._powers(x)
        errors = (errors + p.p_epsilon) ** inner
        sums = errors.mean(1) if p.l2_prescale_by_channels else errors.sum(1)
        total: Tensor = ((sums + p.q_epsilon) ** outer).sum()
        if not p.normalize_by_num_entries:
            return total / max(1, x.shape[0])
        known = (~unknown).sum().to(x.dtype)
        return total / torch.where(known == 0, 1, known / max(1, x.shape[1]))

    def _powers(self, x: Tensor) -> tuple[float, float] | tuple[Tensor, Tensor]:
        """p and q at this pass."""
        if self.fixed is not None:
            return self.fixed
        episode = (self.starts <= self.clock.pass_number(x.device)).sum() - 1
        inner, outer = self.powers.to(x.dtype).index_select(1, episode.reshape(1)).unbind(0)
        return inner, outer
