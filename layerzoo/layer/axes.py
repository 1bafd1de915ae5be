"""Axes of blobs."""

from __future__ import annotations

from layerzoo.errors import LayerFault


def canonical_axis(axis: int, rank: int, field: str) -> int:
    """Convert an axis that may be negative into one counted from 0.

    Args:
        axis: the axis, from ``-rank`` to ``rank - 1``.
        rank: number of axes of the blob.
        field: path of the field that holds the axis, for the error.

    Raises:
        LayerFault: the blob has no such axis.
    """
    if not -rank <= axis < rank:
        raise LayerFault(
            f"axis {axis} of a blob with {rank} axes",
            field=field,
            hint=f"set it from -{rank} to {rank - 1}" if rank else "the blob is a scalar and has no axes",
        )
    return axis % rank
