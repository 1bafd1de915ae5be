"""Advise which library to install for scripts that need more, or older ones, than Layerzoo itself."""

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
"""Parts of the messages of numpy and Python for an array of one element used as a number."""


def advice(error: BaseException) -> str | None:
    """Return what to install for a script that failed with this error; None if no library fixes it."""
    if isinstance(error, ModuleNotFoundError) and error.name == "six":
        return f"this script uses six, which is not installed: {_INSTALL}"
    text = str(error)
    one_element = isinstance(error, TypeError | ValueError) and any(part in text for part in _ONE_ELEMENT)
    if one_element and _version(np.__version__) >= (2, 4):
        return (
            f"numpy {np.__version__} does not convert an array of one element to a number; "
            f"numpy before 2.4 does: {_INSTALL}"
        )
    if isinstance(error, lmdb.Error) and "already open in this process" in text:
        return (
            f"lmdb {lmdb.__version__} opens a database only once per process, and this script has it open; "
            "close it there, or install an older version: pip install 'lmdb<2'"
        )
    return None


def _version(text: str) -> tuple[int, ...]:
    """Return the first two numbers of a version."""
    return tuple(int(part) for part in text.split(".")[:2])
