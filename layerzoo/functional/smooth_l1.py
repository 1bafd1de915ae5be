"""The smooth L1 loss of boxes: quadratic near 0, linear further out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.surrogate import with_gradient_of


def smooth_l1(x: Tensor, sigma: float = 1.0) -> Tensor:
    """``0.5 (sigma x)^2`` for ``|x| < 1 / sigma^2``, else ``|x| - 0.5 / sigma^2``, elementwise.

    Source: Girshick 2015, "Fast R-CNN".
    """
    turn = 1 / sigma**2
    return torch.where(x.abs() < turn, x.square() * (0.5 / turn), x.abs() - 0.5 * turn)


def loss_of_weighted_differences(
    prediction: Tensor, target: Tensor, weights: Tensor | None, divisor: float
) -> tuple[Tensor, Tensor]:
    """R-FCN's loss of boxes: the sum of ``smooth_l1(w (p - t))``, divided, and its terms.

    As in R-FCN, the gradient is that of the function, but without the factor w; it is the derivative where
    weights are 0 or 1.

    Args:
        prediction: p, shape (N, ...).
        target: t, of as many elements.
        weights: w, of as many elements, without a gradient; None: 1.
        divisor: the divisor of the sum.

    Returns:
        the loss, shape (), and its terms before the division, of the shape of the prediction, which have no
        gradient.
    """
    difference = prediction - target.reshape(prediction.shape)
    if weights is None:
        terms = smooth_l1(difference)
        return terms.sum() / divisor, terms.detach()
    factor = weights.detach().reshape(prediction.shape)
    terms = smooth_l1(factor * difference)
    used = factor != 0
    potential = torch.where(used, terms / torch.where(used, factor, 1), 0)
    return with_gradient_of(terms.sum() / divisor, potential.sum() / divisor), terms.detach()


def check_equal_shapes(bottoms: Sequence[tuple[int, ...]]) -> None:
    """Check that all bottoms have the shape of the first, trailing axes of size 1 aside.

    Raises:
        LayerFault: a bottom has another shape, or the first has no axes.
    """
    first = bottoms[0]
    if not first:
        raise LayerFault("a bottom without axes; expected (N, ...)", bottom=0)
    for index, shape in enumerate(bottoms):
        if _trimmed(shape) != _trimmed(first):
            raise LayerFault(
                f"bottoms of shapes {first} and {shape}; they must be equal",
                bottom=index,
                hint="targets and weights have a number for each predicted coordinate",
            )


def item_shape(shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The shape of one loss per item and position: (N, 1, H, W) for a blob of shape (N, C, H, W).

    Raises:
        LayerFault: the blob has more than four axes.
    """
    if len(shape) > 4:
        raise LayerFault(f"a bottom of shape {shape}; at most four axes, (N, C, H, W)", bottom=0)
    count, _, height, width = (*shape, 1, 1, 1)[:4]
    return (count, 1, height, width)


def per_item(terms: Tensor) -> Tensor:
    """The sum over the channels, in the shape of `item_shape`."""
    shape = item_shape(tuple(terms.shape))
    channels = terms.shape[1] if terms.dim() > 1 else 1
    return terms.reshape(shape[0], channels, *shape[2:]).sum(1, keepdim=True)


def _trimmed(shape: tuple[int, ...]) -> tuple[int, ...]:
    end = len(shape)
    while end > 1 and shape[end - 1] == 1:
        end -= 1
    return shape[:end]
