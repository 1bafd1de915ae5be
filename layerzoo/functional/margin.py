"""Angular margins: scores of inner products whose own class must win by a multiple of the angle."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor

from layerzoo.errors import LayerFault

Shape = tuple[int, ...]


def multiplied_angle(cos: Tensor, times: int) -> tuple[Tensor, Tensor]:
    """``psi(angle) = (-1)^k cos(times * angle) - 2k``, which falls from 1 to ``1 - 2 times``; its derivative.

    Args:
        cos: cosines of angles.
        times: the multiple, from 1 to 4.

    Returns:
        psi and its derivative with respect to the cosine.
    """
    sign = cos.detach().sign()
    if times == 1:
        return cos, torch.ones_like(cos)
    if times == 2:
        return 2 * sign * cos**2 - 1, 4 * sign * cos
    if times == 3:
        outer = (cos.detach().abs() - 0.5).sign()
        offset = sign * (1 + outer) - 2
        return outer * (4 * cos**3 - 3 * cos) + offset, outer * (12 * cos**2 - 3)
    outer = sign * (2 * cos.detach() ** 2 - 1).sign()
    offset = 2 * sign + outer - 3
    return outer * (8 * cos**4 - 8 * cos**2 + 1) + offset, outer * (32 * cos**3 - 16 * cos)


def annealed(p: Any, passes: Tensor, like: Tensor) -> Tensor:
    """``lambda = max(base (1 + gamma iteration)^-power, lambda_min)``, shape (1,).

    The iteration is that of the message plus the number of passes up to and with this one: a function of the
    run's place, so a resumed run goes on where it was.

    Args:
        p: the layer's own message, with ``base``, ``gamma``, ``power``, ``lambda_min`` and ``iteration``.
        passes: the number of passes before this one, shape ().
        like: a tensor of the device and dtype of the result.
    """
    iteration = (passes + (p.iteration + 1)).to(like.dtype)
    share: Tensor = (p.base * (1 + p.gamma * iteration) ** -p.power).clamp(min=p.lambda_min)
    return share.reshape(1)


def anneals(p: Any) -> str | None:
    """Whether `annealed` changes from pass to pass, as the text of ``Layer.randomness``."""
    return "the weight of the margin depends on the iteration" if p.gamma else None


def scores_shape(features: Shape, labels: Shape, axis: int, classes: int, field: str) -> Shape:
    """The shape of the scores: (outer..., classes).

    Args:
        features, labels: shapes of the bottoms.
        axis: the first axis of the features of an item, from 0.
        classes: number of classes.
        field: the field that gives it, for the error.

    Raises:
        LayerFault: there are no classes, or not one label per item.
    """
    if not classes:
        raise LayerFault("num_output must be at least 1", field=field)
    outer = features[:axis]
    if prod(labels) != prod(outer):
        raise LayerFault(
            f"{prod(labels)} labels of shape {labels} for {prod(outer)} items; expected one per item",
            bottom=1,
        )
    return (*outer, classes)
