"""Support for torch.func's transforms (grad, vmap, jacrev, jvp …) and compilers.

A layer uses a hand-written backward pass, or writes to a buffer, only in ordinary eager passes. Elsewhere it
computes with plain torch operations, which transforms and compilers differentiate themselves. A step that a
CUDA graph records keeps these, but the host can't read values in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.autograd import forward_ad

_transforms_active = getattr(torch._C, "_are_functorch_transforms_active", lambda: False)


def transforming() -> bool:
    """Whether a transform of ``torch.func`` or a level of forward-mode differentiation is active."""
    return bool(_transforms_active()) or getattr(forward_ad, "_current_level", -1) >= 0


def plain_only() -> bool:
    """Whether only plain torch operations work: in a transform, or in code that is being compiled."""
    return torch.compiler.is_compiling() or transforming()


_hiding: list[object] = []
"""The blocks of `values_hidden` that run now."""


@contextmanager
def values_hidden() -> Iterator[None]:
    """A block in which no code may read values of tensors on the host, such as a step that is recorded."""
    _hiding.append(None)
    try:
        yield
    finally:
        _hiding.pop()


def recorded() -> bool:
    """Whether the pass is part of a step that is recorded, or of one that prepares it."""
    return not plain_only() and bool(_hiding)


def may_read() -> bool:
    """Whether the host may read values: not in transforms, compiled code and recorded steps."""
    return not (plain_only() or _hiding)


def store(kept: torch.Tensor, value: torch.Tensor) -> None:
    """Write a value to a tensor that outlives the pass, also inside a transform.

    No gradient flows. Under ``vmap``, a tensor that is not batched is left unchanged, as each sample has
    another value.

    Args:
        kept: the tensor, e.g. a buffer.
        value: the value, of the same shape.
    """
    with torch.no_grad():
        if transforming():
            _Store.apply(kept.detach(), value.detach())  # type: ignore[no-untyped-call]  # torch's
        else:
            kept.copy_(value)


def accumulate(total: torch.Tensor, fraction: float, value: torch.Tensor | float) -> None:
    """``total = fraction * total + value``, stored as by `store`."""
    with torch.no_grad():
        if transforming():
            store(total, total * fraction + value)
        else:
            total.mul_(fraction).add_(value)


class _Store(torch.autograd.Function):
    """`store` for transforms; torch calls ``forward`` with the tensors below the transforms."""

    @staticmethod
    def forward(kept: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        kept.copy_(value)
        return kept.new_empty(0)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        ctx.mark_non_differentiable(output)

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[int | None, ...], kept: torch.Tensor, value: torch.Tensor
    ) -> tuple[torch.Tensor, None]:
        if in_dims[0] is not None:
            value = value if in_dims[1] is None else value.movedim(in_dims[1], 0)
            return _Store.apply(kept.movedim(in_dims[0], 0), value), None  # type: ignore[no-untyped-call]
        return kept.new_empty(0), None

    @staticmethod
    def jvp(ctx: Any, *tangents: torch.Tensor | None) -> None:
        return None

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[None, None]:
        return None, None


def refuse_derivative(value: torch.Tensor, message: str) -> torch.Tensor:
    """A copy of a value whose derivative is not available; differentiating it raises.

    Unlike torch's ``once_differentiable`` it also raises if no input of ``value`` requires a gradient.
    """
    unknown = torch.zeros((), device=value.device, requires_grad=True)
    copy: torch.Tensor = _Refuse.apply(value.detach(), unknown, message)  # type: ignore[no-untyped-call]
    return copy


class _Refuse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: torch.Tensor, unknown: torch.Tensor, message: str) -> torch.Tensor:
        ctx.message = message
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> None:
        """Raise the error.

        Raises:
            RuntimeError: always, with the message.
        """
        raise RuntimeError(ctx.message)
