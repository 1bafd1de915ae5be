"""What a program's own Python meets: blobs as numpy arrays, and the bases of layers it may write.

A `Blob` shows a tensor as an array that writes through. `PythonLayer` computes with such arrays, `TorchLayer`
with tensors; a config names either as ``type: "Python"``.
"""

from layerzoo.host.blob import Blob, BlobVec, RawBlobVec
from layerzoo.host.modules import allow_modules, any_module, find_class, import_modules, users_code
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
    "users_code",
]
