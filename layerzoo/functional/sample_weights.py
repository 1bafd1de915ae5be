"""Weights of samples or positions, from a bottom of a loss, and the normalised sum of a loss."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import normalizer

Shape = tuple[int, ...]


def check_sample_weights(weights: Shape, positions: Shape, bottom: int) -> None:
    """Check that a bottom has a weight for each position, or for each sample.

    Args:
        weights: shape of the bottom.
        positions: shape of the losses, one for each position; the first axis is the samples'.
        bottom: index of the bottom.

    Raises:
        LayerFault: it has another number of weights.
    """
    if prod(weights) in (prod(positions), *positions[:1]):
        return
    raise LayerFault(
        f"{prod(weights)} weights of shape {weights}; expected one for each position, of shape {positions}, "
        f"or one for each sample, of shape {positions[:1]}",
        bottom=bottom,
    )


def spread_weights(weights: Tensor, positions: Shape) -> Tensor:
    """Weights of samples or positions as one for each position; without a gradient."""
    weights = weights.detach()
    if weights.numel() == prod(positions):
        return weights.reshape(positions)
    return weights.reshape(-1, *(1,) * (len(positions) - 1)).expand(positions)


def normalised_sum(
    losses: Tensor,
    mode: int,
    weights: Tensor | None = None,
    counted: Tensor | None = None,
    shared_count: Callable[[Tensor], Tensor] | None = None,
    fixed: float = 1.0,
) -> Tensor:
    """The weighted and normalised sum of the losses of positions; one of weight 0 adds 0 whatever its loss.

    Args:
        losses: shape (N, ...).
        mode: a `LossParameter.NormalizationMode`; VALID divides by the sum of the weights.
        weights: of samples or positions; None: all 1.
        counted: False where a position is ignored; None if none is.
        shared_count, fixed: as for `normalizer`.
    """
    valid = None
    if weights is not None:
        weights = spread_weights(weights, tuple(losses.shape))
        weights = weights if counted is None else torch.where(counted, weights, 0)
        losses = torch.where(weights != 0, losses, 0) * weights
        valid = weights.sum()
    elif counted is not None:
        losses = torch.where(counted, losses, 0)
        valid = counted.sum()
    return losses.sum() / normalizer(mode, len(losses), losses.numel(), valid, shared_count, fixed)
