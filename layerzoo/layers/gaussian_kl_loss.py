"""GaussianKLLoss: the divergence of normal distributions from a prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, prod
from typing import ClassVar

from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import normalization
from layerzoo.functional.sample_weights import check_sample_weights, normalised_sum, spread_weights
from layerzoo.layer import Layer, Shape, between, canonical_axis, register
from layerzoo.schema import LayerParameter


@register
class GaussianKLLoss(Layer):
    """Divergence of independent normal distributions from a prior, in nats: of a variational autoencoder.

    ``0.5 (exp(v) + m^2 - 1 - v)`` for a mean m and a logarithm v of the variance, and the prior N(0, 1);
    with a prior of mean M and logarithm V, ``0.5 (exp(v - V) + (m - M)^2 exp(-V) - 1 - v + V)``. It is summed
    over the axes from ``axis``, then normalised over the others. With ``free_bits`` the mean of each
    dimension over the positions counts at least that much. A third or fifth bottom holds a weight for each
    position or for each sample.

    Shapes: bottoms (N, ...), mean and logarithm, and optionally those of the prior, all the same, and
    optionally the weights; top (). Source: ours; Kingma and Welling 2014; Kingma et al. 2016 (free bits).
    """

    family = "loss"
    messages = ("gaussian_kl_loss_param", "loss_param")
    ignores: ClassVar[Mapping[str, str]] = {"loss_param.ignore_label": "distributions have no labels"}
    bottoms = between(2, 5)
    is_loss = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        self.mode = normalization(param.loss_param)
        self.fixed = param.loss_param.pre_fixed_normalizer
        self.free = param.gaussian_kl_loss_param.free_bits

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.loss_param.HasField("normalization"):
            return {**cls.ignores, "loss_param.normalize": "normalization overrides it"}
        return cls.ignores

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shape, free = bottoms[0], param.gaussian_kl_loss_param.free_bits
        axis = _axis(param, shape)
        for index, other in enumerate(bottoms[: len(bottoms) // 2 * 2]):
            if other != shape:
                raise LayerFault(
                    f"bottoms of shapes {shape} and {other}; all must be equal",
                    bottom=index,
                    hint="mean and logarithm of the variance, then those of the prior, if any",
                )
        if not (free >= 0 and isfinite(free)):
            raise LayerFault(f"free_bits {free:g} is below 0", field="gaussian_kl_loss_param.free_bits")
        if len(bottoms) % 2:
            check_sample_weights(bottoms[-1], shape[:axis], len(bottoms) - 1)
        return [()]

    def forward(self, mean: Tensor, log_var: Tensor, *others: Tensor) -> Tensor:
        if len(others) > 1:
            prior_mean, prior_log_var = others[:2]
            narrow = (-prior_log_var).exp()
            wider = log_var - prior_log_var
            terms = 0.5 * (wider.expm1() - wider + (mean - prior_mean).square() * narrow)
        else:
            terms = 0.5 * (log_var.expm1() - log_var + mean.square())
        weights = others[-1] if len(others) % 2 else None
        positions = tuple(terms.shape[: self.axis])
        losses = self._floored(terms, weights, positions) if self.free else terms.flatten(self.axis).sum(-1)
        return normalised_sum(losses, self.mode, weights, None, self.clock.shared_count, self.fixed)

    def _floored(self, terms: Tensor, weights: Tensor | None, positions: Shape) -> Tensor:
        """The sum over the dimensions of their means over the positions, each at least ``free_bits``."""
        terms = terms.reshape(prod(positions), -1)
        shares = terms.new_ones(positions) if weights is None else spread_weights(weights, positions)
        total = shares.sum()
        means = (terms * shares.reshape(-1, 1)).sum(0) / total.where(total != 0, 1)
        return means.clamp(min=self.free).sum().expand(positions)


def _axis(param: LayerParameter, shape: Shape) -> int:
    axis = canonical_axis(param.gaussian_kl_loss_param.axis, len(shape), "gaussian_kl_loss_param.axis")
    if axis:
        return axis
    raise LayerFault("axis 0 is the samples'; expected 1 or more", field="gaussian_kl_loss_param.axis")
