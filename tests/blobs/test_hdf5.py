from __future__ import annotations

import h5py
import numpy as np
import pytest
import torch

from layerzoo.blobs.hdf5 import new_file, reading, stored_blob, write_blob
from layerzoo.errors import SnapshotError


def test_precision_of_written_and_read_blobs(tmp_path):
    with new_file(tmp_path / "b.h5") as file:
        write_blob(file, "half", torch.tensor([0.5], dtype=torch.float16))
        write_blob(file, "double", torch.tensor([[0.1]], dtype=torch.float64))
        file["ints"] = np.array([1, 2], ">i8")
    with h5py.File(tmp_path / "b.h5") as file:
        found = {name: stored_blob(file[name], "b.h5", SnapshotError) for name in file}
        assert {name: blob.shape for name, blob in found.items()} == {
            "half": (1,),
            "double": (1, 1),
            "ints": (2,),
        }
        tensors = {name: blob.tensor() for name, blob in found.items()}
    assert (tensors["half"].dtype, tensors["half"].tolist()) == (torch.float32, [0.5])
    assert (tensors["double"].dtype, tensors["double"].tolist()) == (torch.float64, [[0.1]])
    assert (tensors["ints"].dtype, tensors["ints"].tolist()) == (torch.float32, [1, 2])


def test_stored_blob_refuses_other_datasets(tmp_path):
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file.create_group("group")
        with pytest.raises(SnapshotError, match="f: '/group' holds no numbers"):
            stored_blob(file["group"], "f", SnapshotError)
        large = file.create_dataset("large", shape=(1 << 40,), dtype="f4", chunks=(1 << 20,))
        with pytest.raises(SnapshotError, match="declares 1,099,511,627,776 values and holds 0 bytes"):
            stored_blob(large, "f", SnapshotError)


def test_errors_of_h5py_are_converted(tmp_path):
    with pytest.raises(SnapshotError, match=r"f: HDF5 can't be read: .*nowhere"), reading("f", SnapshotError):
        h5py.File(tmp_path / "nowhere", "r")


def test_write_that_fails_on_closing_is_an_oserror(tmp_path):
    (tmp_path / "b.h5").write_text("what stood there")
    with pytest.raises(OSError, match=r"b\.h5: late"), new_file(tmp_path / "b.h5"):
        raise RuntimeError("late")
    assert [p.name for p in tmp_path.iterdir()] == ["b.h5"]
    assert (tmp_path / "b.h5").read_text() == "what stood there"
