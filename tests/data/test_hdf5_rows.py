from __future__ import annotations

import h5py
import numpy as np
import pytest

from layerzoo.data import hdf5_rows
from layerzoo.data.hdf5_rows import HDF5Rows
from layerzoo.errors import BatchError, DataError


@pytest.fixture
def files(tmp_path):
    """Two files of 3 and 4 rows; row i of ``x`` is (i, 10 * i), of ``t`` i."""
    for name, start, stop in (("a.h5", 0, 3), ("b.h5", 3, 7)):
        numbers = np.arange(start, stop)
        with h5py.File(tmp_path / name, "w") as file:
            file["x"] = np.stack([numbers, 10 * numbers], axis=1).astype(np.float64)
            file["t"] = numbers
    return [tmp_path / "a.h5", tmp_path / "b.h5"]


def read(rows, *indices):
    x, t = rows.read(np.array(indices), np.zeros(len(indices), int), 0)
    assert (x[:, 1] == 10 * x[:, 0]).all()
    assert (x[:, 0] == t).all()
    return t.tolist()


def test_rows_are_read_from_all_files_in_any_order(files):
    rows = HDF5Rows(files, ["x", "t"])
    assert (len(rows), rows.shapes, rows.cheap) == (7, [(2,), ()], False)
    assert read(rows, 6, 0, 3, 2, 2) == [6, 0, 3, 2, 2]
    assert HDF5Rows(files[:1], ["t"]).cheap


def test_cache_of_zero_bytes_holds_one_file(files, monkeypatch):
    monkeypatch.setattr(hdf5_rows, "_CACHED_BYTES", 0)
    rows = HDF5Rows(files, ["x", "t"])
    for index, row in ((0, 1), (1, 4), (0, 2)):
        assert read(rows, row) == [row]
        assert list(rows._cache) == [index]


def test_rows_of_large_files_are_read_from_the_file(files, monkeypatch):
    monkeypatch.setattr(hdf5_rows, "_WHOLE_BYTES", 0)
    rows = HDF5Rows(files, ["x", "t"])
    assert read(rows, 6, 0, 3, 2, 2) == [6, 0, 3, 2, 2]
    assert not rows._cache
    assert not HDF5Rows(files[:1], ["t"]).cheap


def test_file_changed_under_a_running_training_is_an_error(files, monkeypatch):
    monkeypatch.setattr(hdf5_rows, "_WHOLE_BYTES", 0)
    rows = HDF5Rows(files, ["x", "t"])
    assert read(rows, 0) == [0]
    with h5py.File(files[0], "a") as file:
        del file["x"]
        file["x"] = np.zeros((2, 2))
    with pytest.raises(DataError, match=r"a\.h5: its datasets have other shapes than"):
        read(rows, 0)
    with files[0].open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(DataError, match=r"a\.h5: HDF5 can't be read: .*truncated"):
        read(rows, 0)


def test_different_shapes_and_numbers_of_rows_are_batch_errors(files):
    with h5py.File(files[1], "a") as file:
        del file["x"]
        file["x"] = np.zeros((4, 3, 1))
        file["u"] = np.zeros(5)
    with pytest.raises(BatchError, match=r"b\.h5: rows of 'x' have shape 3 x 1, but those of .*a\.h5 have"):
        HDF5Rows(files, ["x"])
    with pytest.raises(BatchError, match=r"b\.h5: different numbers of rows: 4 in 't', 5 in 'u'"):
        HDF5Rows(files[1:], ["t", "u"])


def test_files_without_rows_are_an_error(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.zeros((0, 2))
    with pytest.raises(DataError, match=r"a\.h5: no rows"):
        HDF5Rows([tmp_path / "a.h5"], ["x"])


def test_keys_are_files_and_rows_in_them(files):
    assert [HDF5Rows(files, ["t"]).key_of(index) for index in (0, 2, 3, 6)] == [
        "a.h5/0",
        "a.h5/2",
        "b.h5/0",
        "b.h5/3",
    ]
    rows = HDF5Rows(files[::-1], ["t"], ["second/b.h5", "a.h5"])
    assert [rows.key_of(index) for index in (3, 4)] == ["second/b.h5/3", "a.h5/0"]
    assert rows.name(4) == f"{files[0]}: row 0"
