"""Sequences of steps that a trained net is asked about."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from layerzoo.data.new_samples import NewSource
from layerzoo.data.new_sequences import new_sequences
from layerzoo.errors import DataError
from layerzoo.schema import ColumnParameter, SequenceDataParameter

TABLE = SequenceDataParameter(
    sequence_column="run",
    length=4,
    column=[ColumnParameter(name="height", type=ColumnParameter.NUMBER, mean=1, std=2)],
)
ARRAYS = SequenceDataParameter(length=4, mean=[1, 2], std=[2, 2])


def test_rows_are_grouped_and_normalised(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("height,run\n3,b\n5,a\n1,b\n")
    found = new_sequences(TABLE, NewSource.of(tmp_path / "new.csv"))
    assert found.keys == ["b", "a"]
    assert [steps.tolist() for steps in found.steps] == [[[1], [0]], [[2]]]
    assert found.labels is not None
    assert found.labels.tolist() == [0, 0]


def test_table_without_the_column_is_one_sequence() -> None:
    found = new_sequences(TABLE, NewSource("<stdin>", None, b"height,other\n3,1\n5,2\n"))
    assert (found.keys, found.steps[0].tolist()) == (["<stdin>"], [[1], [2]])


def test_arrays_are_normalised(tmp_path: Path) -> None:
    np.save(tmp_path / "b.npy", np.array([[3, 4]]))
    np.save(tmp_path / "a.npy", np.array([[1, 2], [5, 6]]))
    found = new_sequences(ARRAYS, NewSource.of(tmp_path))
    assert found.keys == [str(tmp_path / "a.npy"), str(tmp_path / "b.npy")]
    assert found.steps[0].tolist() == [[0, 0], [2, 2]]
    assert new_sequences(ARRAYS, NewSource.of(tmp_path / "b.npy")).steps[0].tolist() == [[1, 1]]


def test_hdf5_needs_no_labels(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "n.h5", "w") as file:
        file["data"], file["lengths"] = np.ones((3, 2), np.float32), np.array([1, 2])
    found = new_sequences(ARRAYS, NewSource.of(tmp_path / "n.h5"))
    assert found.keys == [f"{tmp_path / 'n.h5'}: sequence {number}" for number in (0, 1)]
    assert found.steps[1].tolist() == [[0, -0.5], [0, -0.5]]
    with h5py.File(tmp_path / "n.h5", "a") as file:
        file["lengths"][...] = [1, 1]
    with pytest.raises(DataError, match="lengths don't add up to the 3 steps"):
        new_sequences(ARRAYS, NewSource.of(tmp_path / "n.h5"))


def test_other_sources_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no files \.npy"):
        new_sequences(ARRAYS, NewSource.of(tmp_path))
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    with pytest.raises(DataError, match="2 values of mean for 3 numbers a step"):
        new_sequences(ARRAYS, NewSource.of(tmp_path / "a.npy"))
    np.save(tmp_path / "b.npy", np.ones((2, 2)))
    with pytest.raises(DataError, match=r"b\.npy: 2 numbers a step, but 3 in"):
        new_sequences(ARRAYS, NewSource.of(tmp_path))
    with pytest.raises(DataError, match=r"c\.npy: can't be read: No such file"):
        new_sequences(ARRAYS, NewSource.of(tmp_path / "c.npy"))
    with pytest.raises(DataError, match=r"<stdin>: expected a \.npy file"):
        new_sequences(ARRAYS, NewSource("<stdin>", None, b""))
