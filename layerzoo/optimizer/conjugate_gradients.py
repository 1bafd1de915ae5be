"""Minimise a quadratic model by conjugate gradients, within a trust region or not.

Source: Nocedal and Wright 2006, "Numerical Optimization", algorithms 7.1 and 7.2 (Steihaug 1983).
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite, sqrt
from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.errors import Fault

Product = Callable[[Tensor], Tensor]
"""A symmetric matrix times a vector."""


class Minimum(NamedTuple):
    """Where a quadratic model is low.

    Attributes:
        step: the way there.
        decrease: by how much the model falls: ``-(g'p + p'Bp / 2)``, 0 or more.
        length: the norm of the step.
        at_edge: the step ends at the edge of the trust region.
        negative: the search met a direction of no positive curvature.
    """

    step: Tensor
    decrease: float
    length: float
    at_edge: bool
    negative: bool


def minimise_model(
    product: Product, gradient: Tensor, metric: Tensor, tolerance: float, most: int, radius: float = inf
) -> Minimum:
    """Minimise ``g'p + p'Bp / 2`` over steps p.

    Args:
        product: B times a vector.
        gradient: g.
        metric: preconditioner; the norm of p is that of ``p / sqrt(metric)``.
        tolerance: the residual at which to end, as a fraction of the gradient's norm, both by the metric.
        most: the most products.
        radius: the largest norm of p. Without one, a direction of negative curvature is not followed, unless
            it is the first, the negative gradient.
    """
    step = torch.zeros_like(gradient)
    residual = gradient.clone()
    descent = metric * residual
    size = float(residual.dot(descent))
    aim = tolerance * tolerance * size
    direction, length = -descent, 0.0
    at_edge = negative = False
    for _ in range(most):
        if not size > 0 or not isfinite(size):
            break
        turned = product(direction)
        curvature = float(direction.dot(turned))
        negative = not curvature > 0
        if negative and not isfinite(radius):
            if not length:
                step, residual = direction, residual + turned
            break
        stride = inf if negative else size / curvature
        further = step + stride * direction if isfinite(stride) else step
        if negative or _norm(further, metric) >= radius:
            stride, at_edge = _to_edge(step, direction, metric, radius), True
            further = step + stride * direction
        step, residual = further, residual + stride * turned
        length = _norm(step, metric)
        descent = metric * residual
        before, size = size, float(residual.dot(descent))
        if at_edge or size <= aim:
            break
        direction = (size / before) * direction - descent
    decrease = -(float(gradient.dot(step)) + float(step.dot(residual - gradient)) / 2)
    return Minimum(step, decrease, _norm(step, metric), at_edge, negative)


def model_faults(message: str, tolerance: float, products: int) -> list[Fault]:
    """Faults in the fields that limit how far a model is minimised.

    Args:
        message: the message of the fields.
        tolerance: its ``tolerance``.
        products: its ``max_products``.
    """
    faults = []
    if not 0 <= tolerance < 1:
        said = f"{message}.tolerance is {tolerance:g}; it has to be at least 0 and below 1"
        faults.append(Fault(said, field=f"{message}.tolerance"))
    if products < 1:
        said = f"{message}.max_products is 0; it has to be 1 or more"
        faults.append(Fault(said, field=f"{message}.max_products"))
    return faults


def _norm(step: Tensor, metric: Tensor) -> float:
    return sqrt(float((step * step / metric).sum()))


def _to_edge(step: Tensor, direction: Tensor, metric: Tensor, radius: float) -> float:
    """How far to go along a direction from within the trust region to its edge."""
    square = float((direction * direction / metric).sum())
    half = float((step * direction / metric).sum())
    room = radius * radius - float((step * step / metric).sum())
    return max(room, 0.0) / (half + sqrt(max(half * half + square * max(room, 0.0), 1e-300)))
