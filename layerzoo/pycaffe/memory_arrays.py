"""Check the arrays passed to a MemoryData layer as Caffe does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerzoo.schema import MemoryDataParameter

Array = NDArray[Any]


def check_arrays(param: MemoryDataParameter, data: Array, labels: Array) -> None:
    """Check data and labels for a MemoryData layer.

    Args:
        param: the layer's parameters.
        data: float32, C-contiguous, count x channels x height x width.
        labels: float32, C-contiguous, count x 1 x 1 x 1.

    Raises:
        RuntimeError: an array has another type, layout or shape.
    """
    _check_array(data, "data array", (param.channels, param.height, param.width))
    _check_array(labels, "labels array", (1, 1, 1))
    if len(data) != len(labels):
        raise RuntimeError("data and labels must have the same first dimension")
    if len(data) % param.batch_size:
        raise RuntimeError("first dimensions of input arrays must be a multiple of batch size")


def _check_array(array: Array, what: str, axes: tuple[int, int, int]) -> None:
    if not array.flags.c_contiguous:
        raise RuntimeError(f"{what} must be C contiguous")
    if array.ndim != 4:
        raise RuntimeError(f"{what} must be 4-d")
    if array.dtype != np.float32:
        raise RuntimeError(f"{what} must be float32")
    for name, got, wanted in zip(
        ("number of channels", "height", "width"), array.shape[1:], axes, strict=True
    ):
        if got != wanted:
            raise RuntimeError(f"{what} has wrong {name}")
