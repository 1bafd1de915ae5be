"""What to install where a script needs a library, or an older one, that Layerzoo itself can do without."""

from __future__ import annotations

import lmdb
import numpy as np

_INSTALL = "pip install 'layerzoo[pycaffe]'"
_ONE_ELEMENT = (
    "only 0-dimensional arrays can be converted",
    "a real number is required, not numpy.ndarray",
    "must be real number, not numpy.ndarray",
    "setting an array element with a sequence",
)
"""Parts of what numpy and Python say where an array of one element is used as a number."""


def advice(error: BaseException) -> str | None:
    """What to install for a script that failed with this error; None where that does not help."""
    if isinstance(error, ModuleNotFoundError) and error.name == "six":
        return f"scripts of Caffe's time use six, which is not installed: {_INSTALL}"
    said = str(error)
    one_element = isinstance(error, TypeError | ValueError) and any(part in said for part in _ONE_ELEMENT)
    if one_element and _version(np.__version__) >= (2, 4):
        return (
            f"numpy {np.__version__} does not take an array of one element for a number; "
            f"numpy before 2.4 does: {_INSTALL}"
        )
    if isinstance(error, lmdb.Error) and "already open in this process" in said:
        return (
            f"lmdb {lmdb.__version__} opens a database once in a process, and a net has this one open; "
            f"lmdb before 2 opens it again: {_INSTALL}"
        )
    return None


def _version(text: str) -> tuple[int, ...]:
    """The first two numbers of a version."""
    return tuple(int(part) for part in text.split(".")[:2])
