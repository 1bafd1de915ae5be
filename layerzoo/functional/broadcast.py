"""Broadcast a small blob over a larger one from a given axis on, or several to one shape."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.python_source import Operands, listed


def common_shape(shapes: Sequence[tuple[int, ...]], what: str = "axes") -> tuple[int, ...]:
    """The shape to which bottoms broadcast, by numpy's rule.

    The last axes are aligned; an axis of size 1, or one that a shape lacks, takes the size of the others.

    Args:
        shapes: of the bottoms, or parts of them.
        what: the term for the axes in error messages.

    Raises:
        LayerFault: two sizes differ and neither is 1; names the bottom.
    """
    common = shapes[0]
    for index, shape in enumerate(shapes[1:], 1):
        rank = max(len(common), len(shape))
        sizes = [(1,) * (rank - len(one)) + one for one in (common, shape)]
        if any(a != b and 1 not in (a, b) for a, b in zip(*sizes, strict=True)):
            raise LayerFault(
                f"{what} {shape} don't broadcast to {common} of the bottoms before",
                bottom=index,
                hint="aligned from the last on, axes must have equal sizes, or one of them size 1",
            )
        common = tuple(b if a == 1 else a for a, b in zip(*sizes, strict=True))
    return common


def spanned(shape: tuple[int, ...], axis: int, num_axes: int, field: str) -> tuple[int, ...]:
    """The shape of ``num_axes`` axes of a blob, starting at ``axis`` (from 0); -1 means all that follow.

    Raises:
        LayerFault: the blob has fewer axes; ``field`` names the field of ``num_axes``.
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
    """Check that the second bottom's axes equal those of the first, starting at ``axis`` (from 0).

    Raises:
        LayerFault: the second bottom has too many axes, or an axis of another size.
    """
    if large[axis : axis + len(small)] != small:
        raise LayerFault(
            f"a second bottom of shape {small} doesn't fit a first of shape {large} from axis {axis} on",
            bottom=1,
            hint=f"its shape must be the first axes of {large[axis:]}",
        )


def spread(small: torch.Tensor, large: torch.Tensor, axis: int) -> torch.Tensor:
    """A view of ``small`` that broadcasts over ``large``, aligned with its axes starting at ``axis``."""
    if not small.dim():
        return small
    return small.reshape(*small.shape, *(1,) * (large.dim() - axis - small.dim()))


def spread_source(blob: str, shape: Sequence[int], axis: int, axes: int) -> str:
    """A Python expression for `spread`: a view of a blob for a bottom with ``axes`` axes."""
    spread = [1] * axis + list(shape) + [1] * (axes - axis - len(shape))
    return f"{blob}.view({listed(spread[1:] if axis else spread)})" if len(spread) > len(shape) else blob


def factor_source(bottoms: Operands, axis: int) -> str:
    """A Python expression for the second bottom of a Scale or Bias, broadcast over the first."""
    blob, shape, axes = bottoms.names[1], bottoms.shapes[1], len(bottoms.shapes[0])
    if axis:
        return spread_source(blob, shape, axis, axes)
    return f"{blob}[...{', None' * (axes - len(shape))}]" if len(shape) < axes else blob
