"""Sequences of any length."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from layerzoo.data.columns import find_columns
from layerzoo.data.csv_file import Table
from layerzoo.data.sequences import PaddedSequences, Sequences, normalised, of_folder, of_hdf5, of_table
from layerzoo.data.table_rows import Rows, encoded
from layerzoo.errors import DataError
from layerzoo.schema import ColumnParameter


def rows(**columns: str) -> Rows:
    values = {name: text.split("|") for name, text in columns.items()}
    table = Table(list(values), list(values.values()), list(range(len(values["run"]))))
    given = [ColumnParameter(name="x", mean=0, std=1)] if "x" in values else []
    return encoded(table, find_columns(table, given=given, key="run"), "t.csv")


def test_rows_of_a_table_are_grouped_by_key() -> None:
    read = of_table(rows(run="b|a|b", x="1|2|3", label="u|v|u"), ["u", "v"], "t.csv")
    assert [one.tolist() for one in read.steps] == [[[1], [3]], [[2]]]
    assert read.labels is not None
    assert (read.labels.tolist(), read.keys, read.classes) == ([0, 1], ["b", "a"], ["u", "v"])
    with pytest.raises(DataError, match=r"t.csv: sequence 'b' has different labels"):
        of_table(rows(run="b|a|b", x="1|2|3", label="u|v|v"), None, "t.csv")
    with pytest.raises(DataError, match="no column of numbers"):
        of_table(rows(run="b|a|b", c="p|q|p", label="u|v|u"), None, "t.csv")


def hdf5(folder: Path, data: object, lengths: object, label: object) -> Path:
    with h5py.File(folder / "s.h5", "w") as file:
        file["data"], file["lengths"], file["label"] = data, lengths, label
    return folder / "s.h5"


def test_hdf5_holds_the_steps_of_all_sequences(tmp_path: Path) -> None:
    read = of_hdf5(hdf5(tmp_path, np.arange(6.0).reshape(3, 2), [1, 2], [5, 7]))
    assert [one.tolist() for one in read.steps] == [[[0, 1]], [[2, 3], [4, 5]]]
    assert read.labels is not None
    assert (read.labels.tolist(), read.keys, read.classes) == ([5, 7], ["0", "1"], None)


@pytest.mark.parametrize(
    ("data", "lengths", "label", "message"),
    [
        (np.zeros(3), [1, 2], [0, 0], "expected steps x numbers, sequences, sequences"),
        (np.zeros((3, 2)), [1, 2], [0], "expected steps x numbers, sequences, sequences"),
        (np.zeros((3, 2)), [1, 3], [0, 0], "lengths don't add up to the 3 steps"),
        (np.zeros((3, 2)), [0, 3], [0, 0], "lengths don't add up"),
        (np.zeros((3, 2)), [1.5, 1.5], [0, 0], "lengths don't add up"),
    ],
)
def test_hdf5_that_does_not_fit_is_refused(
    tmp_path: Path, data: object, lengths: object, label: object, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        of_hdf5(hdf5(tmp_path, data, lengths, label))


def saved(folder: Path, **arrays: object) -> Path:
    for name, array in arrays.items():
        path = folder / f"{name.replace('_', '/')}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.array(array))
    return folder


def test_a_folder_of_arrays_for_each_class(tmp_path: Path) -> None:
    read = of_folder(str(saved(tmp_path, walk_a=[[1, 2], [3, 4]], run_b=[[5, 6]])))
    assert [one.tolist() for one in read.steps] == [[[5, 6]], [[1, 2], [3, 4]]]
    assert read.labels is not None
    assert (read.labels.tolist(), read.keys) == ([0, 1], ["run/b.npy", "walk/a.npy"])
    assert read.classes == ["run", "walk"]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        ([[1.0, 2.0, 3.0]], "3 numbers a step, but 2 in"),
        ([[[1.0]]], "an array of 1 x 1 x 1; expected steps, or steps x numbers"),
        (np.zeros((0, 2)), "an array of 0 x 2"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, array: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        of_folder(str(saved(tmp_path, a_a=[[1, 2]], b_b=array)))


TWO = Sequences(
    [np.array([[1.0], [2.0], [3.0]], np.float32), np.array([[9.0]], np.float32)],
    np.array([0.0, 1.0]),
    ["p", "q"],
    None,
)


def test_batches_are_filled_up_and_cut() -> None:
    steps, labels, lengths = PaddedSequences(TWO, 2, False, False).read(np.arange(2), np.arange(2), 0)
    assert steps[..., 0].tolist() == [[1, 2], [9, 0]]
    assert labels.tolist() == [0, 1]
    assert lengths.tolist() == [2, 1]
    steps, _, _ = PaddedSequences(TWO, 2, True, True).read(np.array([1]), np.arange(1), 0)
    assert steps.shape == (2, 1, 1)
    assert steps[:, 0, 0].tolist() == [0, 9]


def test_samples_have_keys_names_labels_and_parts() -> None:
    one = PaddedSequences(TWO, 2, False, False, part=2)
    assert (len(one), one.key_of(1), one.name(1), one.part_of(0)) == (2, "q", "sequence 'q'", 2)
    labels = one.labels()
    assert labels is not None
    assert labels.tolist() == [0, 1]
    assert (
        len(PaddedSequences(TWO._replace(labels=None), 2, False, False).read(np.arange(1), np.arange(1), 0))
        == 2
    )


def test_numbers_are_normalised() -> None:
    wide = TWO._replace(steps=[np.array([[1.0, 10.0]], np.float32)])
    assert normalised(wide, [1, 4], [2]).steps[0].tolist() == [[0, 3]]
    assert normalised(wide, [], []) is wide
    with pytest.raises(DataError, match="3 values of mean for 2 numbers a step; expected 1 or 2"):
        normalised(wide, [1, 2, 3], [])
    with pytest.raises(DataError, match="std not 0"):
        normalised(wide, [], [0])
