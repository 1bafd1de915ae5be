"""MATLAB's files of version 5."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from layerzoo.data import mat
from layerzoo.data.mat import read_mat
from layerzoo.errors import DataError

TYPES = {"u1": (2, 9), "f8": (9, 6), "i4": (5, 12)}
"""Numbers of the type of elements and of the class of arrays."""


def element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(name: str, array: np.ndarray, flags: int = 0) -> bytes:
    kind, cls = TYPES[array.dtype.str[1:]]
    parts = (
        element(6, struct.pack("<II", cls | flags, 0)),
        element(5, struct.pack(f"<{array.ndim}i", *array.shape)),
        # a short name is stored as a small element
        struct.pack("<HH", 1, len(name)) + name.encode().ljust(4, b"\0"),
        element(kind, array.tobytes(order="F")),
    )
    return element(14, b"".join(parts))


def written(folder: Path, *matrices: bytes, packed: bool = True) -> Path:
    head = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<HH", 0x0100, 0x4D49)
    body = b""
    for one in matrices:
        data = zlib.compress(one)
        body += struct.pack("<II", 15, len(data)) + data if packed else one
    (folder / "f.mat").write_bytes(head + body)
    return folder / "f.mat"


X = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
Y = np.array([[1.0], [10.0]])


@pytest.mark.parametrize("packed", [True, False])
def test_arrays_are_read_by_name(tmp_path: Path, packed: bool) -> None:
    path = written(
        tmp_path, matrix("z", np.ones((1, 1), np.int32)), matrix("X", X), matrix("y", Y), packed=packed
    )
    arrays = read_mat(path, ("X", "y"))
    np.testing.assert_array_equal(arrays["X"], X)
    assert arrays["X"].dtype == np.uint8
    assert arrays["y"].tolist() == [[1], [10]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:100], "not a MATLAB file of version 5"),
        (lambda data: b"\x89HDF" + data[4:126] + b"XX", r"it is HDF5"),
        (lambda data: data[:128], "no array 'X' of numbers"),
        (lambda data: data[:150], "a damaged MATLAB file"),
        (lambda data: data[:140] + b"xxxx" + data[144:], "a damaged MATLAB file"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, change: object, message: str) -> None:
    path = written(tmp_path, matrix("X", X))
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(DataError, match=message):
        read_mat(path, ("X",))


def test_arrays_that_declare_more_than_they_hold_are_refused(tmp_path: Path) -> None:
    data = matrix("X", X).replace(struct.pack("<3i", 2, 3, 4), struct.pack("<3i", 2, 3, 2**30))
    with pytest.raises(DataError, match="array 'X': 2 x 3 x 1073741824 values in 24 bytes"):
        read_mat(written(tmp_path, data), ("X",))
    with pytest.raises(DataError, match="no array 'X' of numbers"):
        read_mat(written(tmp_path, matrix("X", X, flags=0x0800)), ("X",))


def test_what_inflates_too_far_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, matrix("X", np.zeros((1000, 1000), np.uint8)))
    monkeypatch.setattr(mat, "MAX_BYTES", 100_000)
    with pytest.raises(DataError, match="an array of more than 100,000 bytes"):
        read_mat(path, ("X",))
