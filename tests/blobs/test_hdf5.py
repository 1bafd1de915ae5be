from __future__ import annotations

import h5py
import numpy as np
import pytest
import torch

from layerzoo.blobs.hdf5 import new_file, stored_blob, write_blob
from layerzoo.errors import SnapshotError
from layerzoo.hdf5_file import open_hdf5


def test_precision_of_written_and_read_blobs(tmp_path):
    with new_file(tmp_path / "b.h5") as file:
        write_blob(file, "half", torch.tensor([0.5], dtype=torch.float16))
        write_blob(file, "double", torch.tensor([[0.1]], dtype=torch.float64))
        file["ints"] = np.array([1, 2], ">i8")
    with open_hdf5(tmp_path / "b.h5", SnapshotError) as root:
        found = {name: stored_blob(root.child(name)) for name in root}
        assert {name: blob.shape for name, blob in found.items()} == {
            "half": (1,),
            "double": (1, 1),
            "ints": (2,),
        }
        tensors = {name: blob.tensor() for name, blob in found.items()}
    assert (tensors["half"].dtype, tensors["half"].tolist()) == (torch.float32, [0.5])
    assert (tensors["double"].dtype, tensors["double"].tolist()) == (torch.float64, [[0.1]])
    assert (tensors["ints"].dtype, tensors["ints"].tolist()) == (torch.float32, [1, 2])


def test_stored_blob_is_read_while_the_file_is_open(tmp_path):
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["text"] = np.array(b"text")
        file["long"] = np.array([0.5, 2], np.longdouble)
    with open_hdf5(tmp_path / "b.h5", SnapshotError) as root:
        with pytest.raises(SnapshotError, match=r"b\.h5: '/text' holds no numbers"):
            stored_blob(root.child("text"))
        blob = stored_blob(root.child("long"))
        assert blob.tensor().tolist() == [0.5, 2]
    with pytest.raises(SnapshotError, match=r"b\.h5: '/long': HDF5 can't be read"):
        blob.tensor()


def test_write_that_fails_on_closing_is_an_oserror(tmp_path):
    (tmp_path / "b.h5").write_text("what stood there")
    with pytest.raises(OSError, match=r"b\.h5: late"), new_file(tmp_path / "b.h5"):
        raise RuntimeError("late")
    assert [p.name for p in tmp_path.iterdir()] == ["b.h5"]
    assert (tmp_path / "b.h5").read_text() == "what stood there"
