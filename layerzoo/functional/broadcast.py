"""A small blob spread over a large one, from one of its axes on."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.python_source import Operands, listed


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


def spread_source(blob: str, shape: Sequence[int], axis: int, axes: int) -> str:
    """The expression that makes a blob fit the axes from ``axis`` on of a bottom with ``axes`` axes."""
    spread = [1] * axis + list(shape) + [1] * (axes - axis - len(shape))
    return f"{blob}.view({listed(spread[1:] if axis else spread)})" if len(spread) > len(shape) else blob


def factor_source(bottoms: Operands, axis: int) -> str:
    """The second bottom of a Scale or Bias, as an expression that fits the first."""
    blob, shape, axes = bottoms.names[1], bottoms.shapes[1], len(bottoms.shapes[0])
    if axis:
        return spread_source(blob, shape, axis, axes)
    return f"{blob}[...{', None' * (axes - len(shape))}]" if len(shape) < axes else blob
