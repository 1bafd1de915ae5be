"""The interface to the user's Python code: blobs as numpy arrays, and base classes of Python layers.

A `Blob` exposes a tensor as an array that writes through. A `PythonLayer` computes with such arrays, a
`TorchLayer` with tensors; in a config both have ``type: "Python"``.
"""

from layerzoo.host.blob import Blob, BlobVec, RawBlobVec
from layerzoo.host.modules import (
    allow_modules,
    any_module,
    find_class,
    import_modules,
    is_provided,
    users_code,
)
from layerzoo.host.user_layer import PythonLayer, TorchLayer
from layerzoo.host.vectors import BoolVec, DtypeVec, IntVec, StringVec

__all__ = [
    "Blob",
    "BlobVec",
    "BoolVec",
    "DtypeVec",
    "IntVec",
    "PythonLayer",
    "RawBlobVec",
    "StringVec",
    "TorchLayer",
    "allow_modules",
    "any_module",
    "find_class",
    "import_modules",
    "is_provided",
    "users_code",
]
