"""A small blob spread over a large one, from one of its axes on."""

from __future__ import annotations

import torch

from layerzoo.errors import LayerFault


def spanned(shape: tuple[int, ...], axis: int, num_axes: int, field: str) -> tuple[int, ...]:
    """Shape of a blob that covers ``num_axes`` axes from ``axis`` (from 0) on; -1 means all that follow.

    Raises:
        LayerFault: there are fewer; ``field`` says where ``num_axes`` was given.
    """
    left = len(shape) - axis
    if not -1 <= num_axes <= left:
        raise LayerFault(
            f"num_axes {num_axes} from axis {axis} of a bottom of shape {shape}",
            field=field,
            hint=f"-1 to {left} are possible",
        )
    return shape[axis:] if num_axes == -1 else shape[axis : axis + num_axes]


def check_spans(large: tuple[int, ...], small: tuple[int, ...], axis: int) -> None:
    """See that the second bottom covers the first's axes from ``axis`` (from 0) on.

    Raises:
        LayerFault: it is too long, or an axis of another size.
    """
    if large[axis : axis + len(small)] != small:
        raise LayerFault(
            f"a second bottom of shape {small} doesn't fit a first of shape {large} from axis {axis} on",
            bottom=1,
            hint=f"it must be a beginning of {large[axis:]}",
        )


def spread(small: torch.Tensor, large: torch.Tensor, axis: int) -> torch.Tensor:
    """A view of ``small`` that broadcasts over ``large``, covering its axes from ``axis`` on."""
    if not small.dim():
        return small
    return small.reshape(*small.shape, *(1,) * (large.dim() - axis - small.dim()))
