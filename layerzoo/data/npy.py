"""Read arrays of numbers from ``.npy`` files."""

from __future__ import annotations

import warnings
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from layerzoo.errors import DataError
from layerzoo.regular_file import open_regular

MAGIC = b"\x93NUMPY"
"""The first bytes of a ``.npy`` file."""


def read_npy(path: str | Path) -> NDArray[Any]:
    """Read an array of numbers, after a check of its declared shape against the file's size.

    Raises:
        OSError: the file can't be read, or is not a regular file.
        DataError: it is damaged, or holds other values than numbers; pickled objects are never read.
    """
    with open_regular(path) as file:
        try:
            with warnings.catch_warnings(action="ignore"):  # of headers that Python 2 wrote
                return _read(file, path)
        except DataError:
            raise
        except Exception as error:  # the header is a Python expression: damaged, it raises many kinds
            reason = str(error) or type(error).__name__
            raise DataError(f"{path}: not a readable numpy file: {reason:.200}") from None


def _read(file: BinaryIO, path: str | Path) -> NDArray[Any]:
    npy: Any = np.lib.format  # which has no types
    version = npy.read_magic(file)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if dtype.kind not in "fiub":
        raise DataError(f"{path}: not a readable numpy file: values of type {dtype!s:.80}; expected numbers")
    start = file.tell()
    stored = file.seek(0, 2) - start
    if min(shape, default=0) < 0 or prod(shape) * dtype.itemsize > stored:
        declared = " x ".join(map(str, shape))[:200] or "one value"
        raise DataError(f"{path}: not a readable numpy file: declares {declared}, but has {stored:,} bytes")
    file.seek(0)
    values: NDArray[Any] = npy.read_array(file, allow_pickle=False)
    return values
