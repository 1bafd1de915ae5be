"""Split arrays into batches of a net's size, and join the results without the padding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def batches(blobs: Mapping[str, Array], size: int) -> Iterator[dict[str, Any]]:
    """Split arrays of the same length into batches.

    Args:
        blobs: arrays by blob name.
        size: rows per batch; the last batch is padded with zeros.
    """
    if not blobs:
        return
    count = len(next(iter(blobs.values())))
    for begin in range(0, count, size):
        batch: dict[str, Any] = {
            name: np.asarray(value[begin : begin + size]) for name, value in blobs.items()
        }
        missing = size - min(size, count - begin)
        if missing:
            for name, value in batch.items():
                zeros = np.zeros((missing, *value.shape[1:]), value.dtype)
                batch[name] = np.concatenate([value, zeros])
        yield batch


def joined(parts: Mapping[str, Sequence[Array]], count: int) -> dict[str, Array]:
    """Join rows of results into arrays of ``count`` rows, without those of the last batch's padding."""
    arrays = {name: np.asarray(rows) for name, rows in parts.items()}
    longest = len(next(iter(arrays.values()), ()))
    return {name: rows[: count - longest] if longest > count else rows for name, rows in arrays.items()}
