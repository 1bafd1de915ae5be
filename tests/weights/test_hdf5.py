from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from layerzoo.errors import WeightsError
from layerzoo.weights import read
from layerzoo.weights.hdf5 import open_hdf5, write_hdf5

PARAMS = {
    "conv1": [torch.arange(6.0).reshape(1, 2, 3), torch.tensor(7.0)],
    "conv1/dw": [torch.tensor([0.1], dtype=torch.float64)],
    "half": [torch.tensor([0.5, 2], dtype=torch.float16)],
    "none": [],
}


def test_round_trip(tmp_path):
    path = tmp_path / "w.h5"
    write_hdf5(path, PARAMS)
    found = read(path)
    assert found.keys() == {"conv1", "conv1/dw", "half"}
    for layer, blobs in found.items():
        for a, b in zip(blobs, PARAMS[layer], strict=True):
            torch.testing.assert_close(a, b, check_dtype=False, rtol=0, atol=0)


def test_layout_is_that_of_caffe(tmp_path):
    path = tmp_path / "w.h5"
    write_hdf5(path, PARAMS, diffs={"half": [torch.tensor([3.0, 4])]})
    with h5py.File(path) as file:
        assert file["data/conv1/0"].shape == (1, 2, 3)
        assert file["data/conv1/0"].dtype == np.float32
        assert file["data/conv1/1"].shape == ()
        assert file["data/conv1/dw/0"].dtype == np.float64
        assert list(file["data/none"]) == []
        assert file["diff/half/0"][()].tolist() == [3, 4]


def test_open_hdf5_reads_a_file_of_caffe(data):
    folder = data / "conformance/snapshots"
    found, same = read(folder / "snap_iter_20.caffemodel.h5"), read(folder / "snap_iter_20.caffemodel")
    assert found.keys() == same.keys()
    assert sum(torch.equal(a, b) for k in same for a, b in zip(found[k], same[k], strict=True)) == 9


def test_blob_left_out_is_none(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["data/a/1"] = np.ones(2, "f4")
    with open_hdf5(tmp_path / "w.h5") as stored:
        assert stored["a"][0] is None
        assert stored["a"][1].tensor().tolist() == [1, 1]
    with pytest.raises(WeightsError, match="blob 0 of layer 'a' is left out"):
        read(tmp_path / "w.h5")


def test_integers_become_single_precision(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["data/a/0"] = np.array([1, 2], ">i8")
        file["data/b/0"] = np.array([1, 2], ">f8")
    found = read(tmp_path / "w.h5")
    assert found["a"][0].dtype == torch.float32
    assert found["b"][0].dtype == torch.float64
    assert found["b"][0].tolist() == [1, 2]


def test_compressed_blobs_are_read(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.create_dataset("data/a/0", data=np.zeros(100_000, "f4"), compression="gzip")
    assert read(tmp_path / "w.h5")["a"][0].shape == (100_000,)


def declare_more_than_is_there(file):
    file.create_dataset("data/a/0", shape=(1 << 40,), dtype="f4", chunks=(1 << 20,))


def link_to_another_file(file):
    file["data/a"] = h5py.ExternalLink("/etc/passwd", "x")


def link_to_another_place(file):
    file["data/a"] = h5py.SoftLink("/data")


def keep_values_in_another_file(file):
    file.create_dataset("data/a/0", shape=(4,), dtype="f4", external=[("/etc/passwd", 0, 16)])


def hold_a_text(file):
    file["data/a/0"] = "text"


def hold_itself(file):
    group = file.create_group("data/a")
    group["b"] = file["data"]


def lack_the_group(file):
    file["x"] = [1.0]


@pytest.mark.parametrize(
    ("make_wrong", "message"),
    [
        (declare_more_than_is_there, "declares 1,099,511,627,776 values and holds 0 bytes"),
        (link_to_another_file, "is a link elsewhere"),
        (link_to_another_place, "is a link elsewhere"),
        (keep_values_in_another_file, "in another file"),
        (hold_a_text, "holds no numbers"),
        (hold_itself, "'/data/a/b' is a group that is linked twice"),
        (lack_the_group, "no group 'data'"),
    ],
)
def test_open_hdf5_names_the_fault(tmp_path, make_wrong, message):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        make_wrong(file)
    with pytest.raises(WeightsError, match=message):
        read(tmp_path / "w.h5")


def test_truncated_file_is_refused(tmp_path):
    path = tmp_path / "w.h5"
    write_hdf5(path, PARAMS)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsError, match="HDF5 can't be read"):
        read(path)


def test_conflicting_layer_names_are_refused(tmp_path):
    with pytest.raises(WeightsError, match="HDF5 can't hold a layer named 'a/0'"):
        write_hdf5(tmp_path / "w.h5", {"a": [torch.ones(1)], "a/0": [torch.ones(1)]})
    assert not list(tmp_path.iterdir())


def test_published_weights_are_read(shared: Path):
    found = read(shared / "weights/cifar10_h5/cifar10_m4_iter_70000.caffemodel.h5")
    assert {k: tuple(v[0].shape) for k, v in found.items()} == {
        "conv1": (32, 3, 5, 5),
        "conv2": (16, 32, 5, 5),
        "conv3": (32, 16, 5, 5),
        "ip1": (10, 512),
    }
