"""Sequences of rows of numbers, of any length, from CSV, HDF5 and numpy's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from layerzoo.data.class_folders import read_class_folders
from layerzoo.data.draws import Ints
from layerzoo.data.hdf5_rows import opened_datasets
from layerzoo.data.npy import read_npy
from layerzoo.data.samples import Array, Floats, Samples, as_classes
from layerzoo.data.table_rows import Rows
from layerzoo.errors import DataError

MAX_NUMBERS = 1 << 31
"""The most numbers of a batch's first top, and of a source."""


class Sequences(NamedTuple):
    """Sequences.

    Attributes:
        steps: the steps of each, (steps, numbers of a step).
        labels: one for each, or a row of them; None without.
        keys: what identifies each.
        classes: names of the classes; None if they have none.
        notes: what was done about missing values.
        scales: mean and standard deviation by which each number to predict was normalised; none if none was.
    """

    steps: list[Floats]
    labels: Floats | None
    keys: list[str]
    classes: list[str] | None
    notes: Sequence[str] = ()
    scales: Sequence[tuple[float, float]] = ()


def of_table(rows: Rows, classes: list[str] | None, source: str) -> Sequences:
    """Group the rows of a table by their keys, in the order in which the keys appear.

    Raises:
        DataError: there are no numbers, or a sequence has two labels.
    """
    if rows.numbers is None:
        raise DataError(f"{source}: no column of numbers for the steps of sequences")
    places: dict[str, list[int]] = {}
    for place, key in enumerate(rows.keys):
        places.setdefault(key, []).append(place)
    labels = None
    if rows.labels is not None:
        for key, inside in places.items():
            if (rows.labels[inside] != rows.labels[inside[0]]).any():
                raise DataError(f"{source}: sequence '{key:.60}' has different labels in its rows")
        labels = rows.labels[[inside[0] for inside in places.values()]]
    steps = [rows.numbers[inside] for inside in places.values()]
    return Sequences(steps, labels, list(places), classes, rows.notes)


def of_hdf5(path: Path) -> Sequences:
    """Read an HDF5 file with ``data`` (steps of all sequences, numbers), ``lengths`` and ``label``.

    Raises:
        DataError: the file is damaged, or its datasets don't fit.
    """
    with opened_datasets(path, ["data", "lengths", "label"]) as (data, lengths, label):
        shapes = [one.shape for one in (data, lengths, label)]
        if len(shapes[0]) != 2 or len(shapes[1]) != 1 or shapes[2][:1] != shapes[1]:
            shown = ", ".join(" x ".join(map(str, shape)) for shape in shapes)
            message = f"data, lengths and label are {shown}; expected steps x numbers, sequences, sequences"
            raise DataError(f"{path}: {message}")
        if shapes[0][0] * shapes[0][1] > MAX_NUMBERS:
            raise DataError(f"{path}: data has more than {MAX_NUMBERS:,} numbers")
        counts = np.asarray(lengths.read(np.float64))
        if (counts < 1).any() or (counts != np.floor(counts)).any() or counts.sum() != shapes[0][0]:
            raise DataError(f"{path}: lengths don't add up to the {shapes[0][0]:,} steps of data")
        ends = np.cumsum(counts.astype(np.int64))[:-1]
        steps = np.split(np.asarray(data.read(np.float32)), ends)
        labels = np.asarray(label.read(np.float32))
    return Sequences(steps, labels, [str(number) for number in range(len(steps))], None)


def of_folder(source: str, part: str = "") -> Sequences:
    """Read a folder with a folder of ``.npy`` files for each class, each (steps, numbers) or (steps).

    Args:
        source: the folder.
        part: see `layerzoo.data.class_folders.read_class_folders`.

    Raises:
        OSError: a file can't be read.
        DataError: a file is damaged, or its steps have another size.
    """
    classes, files = read_class_folders(source, (), part, frozenset({".npy"}))
    steps: list[Floats] = []
    room = MAX_NUMBERS
    for file in files:
        array = steps_of(read_npy(file.path), file.path)
        if steps and array.shape[1] != steps[0].shape[1]:
            message = f"{array.shape[1]} numbers a step, but {steps[0].shape[1]} in {files[0].path}"
            raise DataError(f"{file.path}: {message}")
        room -= array.size
        if room < 0:
            raise DataError(f"{source}: more than {MAX_NUMBERS:,} numbers")
        steps.append(array)
    labels = np.array([file.label for file in files], np.float32)
    return Sequences(steps, labels, [file.key for file in files], classes)


def steps_of(array: Array, path: Path) -> Floats:
    """An array of steps, or of steps x numbers, as steps x numbers.

    Raises:
        DataError: it has another number of axes, or no steps.
    """
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.size:
        shape = " x ".join(map(str, array.shape))
        raise DataError(f"{path}: an array of {shape}; expected steps, or steps x numbers")
    return array.astype(np.float32)


class PaddedSequences(Samples):
    """Sequences of one length, with their labels and numbers of steps.

    Args:
        sequences: the sequences.
        length: steps; longer sequences are cut, shorter ones filled up with 0.
        pad_left: whether they are filled up before their first step.
        time_first: whether the axis of steps comes before that of sequences.
        part: the part of a divided source that they are, a value of ``ReadingParameter.Split``; else None.
    """

    cheap = True

    labels_are_known = True

    def __init__(
        self, sequences: Sequences, length: int, pad_left: bool, time_first: bool, part: int | None = None
    ) -> None:
        self._sequences, self._length = sequences, length
        self._pad_left, self._time_first, self._part = pad_left, time_first, part

    def __len__(self) -> int:
        return len(self._sequences.steps)

    def key_of(self, index: int) -> str:
        """What identifies a sequence."""
        return self._sequences.keys[index]

    def part_of(self, index: int) -> int | None:
        """The part that all sequences are, if the source is divided."""
        return self._part

    def name(self, index: int) -> str:
        """The name of a sequence in messages."""
        return f"sequence '{self._sequences.keys[index]}'"

    def labels(self) -> Ints | None:
        """The class of each sequence, where it has one."""
        return None if self._sequences.labels is None else as_classes(self._sequences.labels)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read steps, labels if there are some, and numbers of steps."""
        steps = [self._sequences.steps[index][: self._length] for index in indices.tolist()]
        blob = np.zeros((len(steps), self._length, steps[0].shape[1]), np.float32)
        for row, one in zip(blob, steps, strict=True):
            start = self._length - len(one) if self._pad_left else 0
            row[start : start + len(one)] = one
        if self._time_first:
            blob = np.ascontiguousarray(blob.transpose(1, 0, 2))
        lengths = np.array([len(one) for one in steps], np.float32)
        labels = self._sequences.labels
        return (blob, lengths) if labels is None else (blob, labels[indices], lengths)


def normalised(sequences: Sequences, mean: Sequence[float], std: Sequence[float]) -> Sequences:
    """Sequences from which a mean is subtracted, and which are then divided.

    Raises:
        DataError: there are as many means or divisors as neither 1 nor numbers of a step, or one is 0.
    """
    width = sequences.steps[0].shape[1]
    arrays: list[Any] = []
    for name, values in (("mean", mean), ("std", std)):
        if len(values) not in (0, 1, width):
            raise DataError(
                f"{len(values)} values of {name} for {width} numbers a step; expected 1 or {width}"
            )
        arrays.append(np.array(list(values) or [float(name == "std")], np.float32))
    if not (np.isfinite(arrays[0]).all() and np.isfinite(arrays[1]).all() and (arrays[1] != 0).all()):
        raise DataError("mean and std of steps have to be finite, and std not 0")
    if not mean and not std:
        return sequences
    return sequences._replace(steps=[(one - arrays[0]) / arrays[1] for one in sequences.steps])
