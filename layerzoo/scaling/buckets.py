"""The buckets in which torch's ``DistributedDataParallel`` averages gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

FIRST_BYTES: Final = 1 << 20
"""A first bucket is full with so many bytes, by default: it can be sent early in the backward pass."""
BYTES: Final = 25 << 20
"""Each further one."""


def bucket_plan(sizes: Sequence[int], first: int = FIRST_BYTES, later: int = BYTES) -> list[range]:
    """The gradients of each bucket, in the order in which the backward pass finishes them.

    A gradient is never split: a bucket takes gradients until it has at least the bytes that fill it.

    Args:
        sizes: bytes of each gradient.
        first: bytes that fill the first bucket.
        later: bytes that fill each later one.

    Returns:
        the indices in ``sizes`` of each bucket.
    """
    plan: list[range] = []
    begin = filled = 0
    for index, size in enumerate(sizes):
        filled += size
        if filled >= (later if plan else first):
            plan.append(range(begin, index + 1))
            begin, filled = index + 1, 0
    if begin < len(sizes):
        plan.append(range(begin, len(sizes)))
    return plan
