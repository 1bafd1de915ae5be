from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
    with pytest.raises(OSError, match=r"late: '.*b\.h5'"), new_file(tmp_path / "b.h5"):
        raise RuntimeError("late")
    assert [p.name for p in tmp_path.iterdir()] == ["b.h5"]
    assert (tmp_path / "b.h5").read_text() == "what stood there"


def test_new_file_on_a_full_disk_leaves_hdf5_intact(tmp_path: Path) -> None:
    """HDF5 crashes when Python exits if it could not close a file."""
    program = """
import resource, sys
import numpy as np
from pathlib import Path
from layerzoo.blobs.hdf5 import new_file
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
try:
    with new_file(Path(sys.argv[1])) as file:
        for number in range(50):
            file.create_dataset(str(number), data=np.ones(5000))
except OSError as error:
    print(error.strerror)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "x.h5")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "File too large (the limit of this process, ulimit -f)\n"
    assert list(tmp_path.iterdir()) == []
