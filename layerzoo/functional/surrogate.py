"""Surrogate gradients: what forks of Caffe compute in place of the derivative of the forward pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from layerzoo.functional.transforms import transforming


def with_gradient_of(value: Tensor, potential: Tensor) -> Tensor:
    """A value with the gradient of another number.

    Args:
        value: the value; no gradient flows to what it was computed from.
        potential: what is differentiated in its place; of the same shape, finite.
    """
    return value.detach() + (potential - potential.detach())


def with_scaled_gradient(x: Tensor, scale: float) -> Tensor:
    """``x``, whose gradient is what arrives from above times a number.

    Args:
        x: the value.
        scale: the number; with 0 the gradient is 0, also where an infinite one or NaN arrives.
    """
    if scale == 1 or not (x.requires_grad or transforming()):
        return x.view_as(x)
    scaled: Tensor = _Scaled.apply(x, scale)  # type: ignore[no-untyped-call]  # torch's
    return scaled


class _Scaled(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, scale: float) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, float], output: Tensor) -> None:
        ctx.scale = inputs[1]

    @staticmethod
    def jvp(ctx: Any, *tangents: Tensor) -> Tensor:
        return tangents[0] * ctx.scale if ctx.scale else torch.zeros_like(tangents[0])

    @staticmethod
    def backward(ctx: Any, *arrived: Tensor) -> tuple[Tensor, None]:
        return arrived[0] * ctx.scale if ctx.scale else torch.zeros_like(arrived[0]), None


def with_fixed_gradient(x: Tensor, gradient: Tensor) -> Tensor:
    """``x``, to which a gradient flows back whatever arrives from above.

    There is no forward-mode derivative, as the gradient isn't linear in what arrives.

    Args:
        x: the value.
        gradient: its gradient, of the same shape.
    """
    fixed: Tensor = _Fixed.apply(x, gradient)  # type: ignore[no-untyped-call]  # torch's
    return fixed


class _Fixed(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, gradient: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(inputs[1])

    @staticmethod
    def backward(ctx: Any, *arrived: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return gradient, None


def with_gradient_field(value: Tensor, x: Tensor, field: Tensor) -> Tensor:
    """A number whose gradient by ``x`` is a given field, which need not be the derivative of anything.

    Second derivatives are those of the field, and forward-mode derivatives exist.

    Args:
        value: the number, of shape (); no gradient flows to what it was computed from.
        x: what the gradient flows to.
        field: the gradient, of the shape of ``x``; computed from ``x`` with autograd.
    """
    zero: Tensor = _Field.apply(x, field)  # type: ignore[no-untyped-call]  # torch's
    return value.detach() + zero


class _Field(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, field: Tensor) -> Tensor:
        return x.new_zeros(())

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(inputs[1])
        ctx.save_for_forward(inputs[1])

    @staticmethod
    def jvp(ctx: Any, *tangents: Tensor | None) -> Tensor:
        (field,) = ctx.saved_tensors
        ahead = tangents[0]
        slope: Tensor = field.new_zeros(()) if ahead is None else (field * ahead).sum()
        return slope

    @staticmethod
    def backward(ctx: Any, *arrived: Tensor) -> tuple[Tensor, None]:
        (field,) = ctx.saved_tensors
        return arrived[0] * field, None
