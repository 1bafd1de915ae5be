"""Axes of blobs."""

from __future__ import annotations

from layerzoo.errors import LayerFault


def canonical_axis(axis: int, rank: int, field: str) -> int:
    """A possibly negative axis as one counted from 0.

    Raises:
        LayerFault: the blob has no such axis; ``field`` says where it was given.
    """
    if not -rank <= axis < rank:
        raise LayerFault(
            f"axis {axis} of a blob with {rank} axes", field=field, hint=f"-{rank} to {rank - 1} exist"
        )
    return axis % rank
