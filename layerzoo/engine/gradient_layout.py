"""Gradients in the strides of their params, as ``DistributedDataParallel`` expects them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from torch import Tensor


def keep_strides(params: Iterable[Tensor]) -> None:
    """Let gradients have the strides of their params along axes of size 1 too.

    Strides of such an axis say nothing about memory: a filter of a 1x1 convolution is channels-last and
    contiguous at once, and its gradient may be written either way. torch compares them, and warns.
    """
    for param in params:
        if 1 in param.shape:
            hook: Callable[[Tensor], Tensor] = partial(with_strides, strides=param.stride())
            param.register_hook(hook)  # type: ignore[no-untyped-call]  # torch's


def with_strides(gradient: Tensor, strides: tuple[int, ...]) -> Tensor:
    """The gradient in the same memory with other strides; unchanged if these mean another order."""
    own = gradient.stride()
    if own == strides or any(
        size > 1 and mine != wanted for size, mine, wanted in zip(gradient.shape, own, strides, strict=True)
    ):
        return gradient
    return gradient.as_strided(gradient.shape, strides)
