from __future__ import annotations

import h5py
import numpy as np
import pytest

from layerzoo.errors import DataError, SnapshotError
from layerzoo.hdf5_file import open_hdf5, opened


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5"


def test_datasets_that_share_bytes_are_counted_each(path, monkeypatch):
    with h5py.File(path, "w") as file:
        file.create_dataset("0", data=np.zeros(1 << 20, "u1"), compression="gzip", chunks=(1 << 20,))
        for index in range(1, 30):
            file[str(index)] = file["0"]
    size = path.stat().st_size
    monkeypatch.setattr(opened, "MAX_COMPRESSION", (10 << 20) // size)
    with open_hdf5(path, DataError) as root:
        arrays = [root.child(name) for name in root]
        with pytest.raises(DataError, match="and those before declare"):
            [array.numbers() for array in arrays]


def test_reading_converts_what_h5py_raises():
    for error in (OSError, RuntimeError, KeyError, OverflowError, MemoryError, UnicodeDecodeError):
        arguments = ("utf-8", b"", 0, 1, "no") if error is UnicodeDecodeError else ()
        with (
            pytest.raises(SnapshotError, match=r"^f: HDF5 can't be read: \S"),
            opened.reading("f", SnapshotError),
        ):
            raise error(*arguments)
    with pytest.raises(DataError, match="passed on"), opened.reading("f", SnapshotError):
        raise DataError("passed on")
