"""Vectors divided by their Euclidean norm."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

_ROWS_EPS: Final = 1e-6


def euclidean_norm(x: Tensor, axes: tuple[int, ...], eps: float = 0.0) -> Tensor:
    """``sqrt(sum(x²) + eps)`` over the axes of the vectors, which are kept with size 1."""
    return (x.square().sum(axes, keepdim=True) + eps).sqrt()


def unit_rows(weight: Tensor, rows: int) -> Tensor:
    """The weights of a layer with each row divided by ``sqrt(its sum of squares + 1e-6)``, without gradient.

    As in caffe-windows a row is a part of the memory, without regard to a transposed shape.

    Args:
        weight: the weights, of ``rows`` outputs.
        rows: number of rows.
    """
    flat = weight.detach().reshape(rows, -1)
    squares = flat.square().sum(1, keepdim=True)
    # rows that are divided already stay, so that another pass over the same weights changes nothing
    divided = torch.where((squares - 1).abs() < 4 * _ROWS_EPS, flat, flat / (squares + _ROWS_EPS).sqrt())
    return divided.view_as(weight)


def scaled_unit_vectors(x: Tensor, scale: Tensor, axes: tuple[int, ...], eps: float) -> Tensor:
    """``scale * x / norm`` with a scale for each channel, and the gradient of SSD's fork.

    The gradient of ``x`` is that of ``x / norm``, times the scale. The derivative of the product is another
    unless all scales are equal. There is no forward-mode derivative.

    Args:
        x: a blob of shape (N, C, ...).
        scale: shape (C).
        axes: the axes of the vectors.
        eps: added to the sum of squares.
    """
    y: Tensor = _ScaledLast.apply(x, scale, axes, eps)  # type: ignore[no-untyped-call]  # torch's
    return y


class _ScaledLast(torch.autograd.Function):
    """``scale * x / norm`` with the gradient of SSD's fork for x: that of ``x / norm``, times the scale."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, scale: Tensor, axes: tuple[int, ...], eps: float) -> Tensor:
        return x / euclidean_norm(x, axes, eps) * _spread(scale, x)

    @staticmethod
    def setup_context(
        ctx: Any, inputs: tuple[Tensor, Tensor, tuple[int, ...], float], output: Tensor
    ) -> None:
        x, scale, ctx.axes, ctx.eps = inputs
        ctx.save_for_backward(x, scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, scale = ctx.saved_tensors
        (arrived,) = gradients
        norm = euclidean_norm(x, ctx.axes, ctx.eps)
        y = x / norm
        down = of_scale = None
        if ctx.needs_input_grad[0]:
            along = (y * arrived).sum(ctx.axes, keepdim=True)
            down = (arrived - y * along) / norm * _spread(scale, x)
        if ctx.needs_input_grad[1]:
            of_scale = (y * arrived).sum((0, *range(2, x.dim())))
        return down, of_scale, None, None


def _spread(scale: Tensor, x: Tensor) -> Tensor:
    """The scale as a view that broadcasts over the blob."""
    return scale.view(-1, *(1,) * (x.dim() - 2))
