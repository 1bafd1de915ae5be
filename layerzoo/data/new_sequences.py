"""Sequences of steps that a trained net is asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from layerzoo.data.hdf5_rows import opened_datasets
from layerzoo.data.new_rows import new_rows
from layerzoo.data.new_samples import NewSource
from layerzoo.data.npy import read_npy
from layerzoo.data.sequences import MAX_NUMBERS, Sequences, normalised, of_table, steps_of
from layerzoo.errors import DataError
from layerzoo.schema import ColumnParameter, CSVDataParameter, SequenceDataParameter

_ARRAYS: Final = ".npy"


def new_sequences(p: SequenceDataParameter, source: NewSource) -> Sequences:
    """The sequences of a source, normalised as those that trained; their labels are 0.

    Args:
        p: the fitted layer's message.
        source: a table, a ``.npy`` file, a folder of them, or an HDF5 file with ``data`` and ``lengths``.

    Raises:
        DataError: the source can't be read, or isn't like the one that trained.
    """
    if p.sequence_column:
        sequences = _of_rows(p, source)
    else:
        path = source.file("a .npy file, a folder of them, or an HDF5 file")
        arrays = path.is_dir() or path.suffix.lower() == _ARRAYS
        sequences = _of_arrays(path) if arrays else _of_hdf5(path)
        sequences = normalised(sequences, p.mean, p.std)
    return sequences._replace(labels=np.zeros(len(sequences.steps), np.float32))


def _of_rows(p: SequenceDataParameter, source: NewSource) -> Sequences:
    key = ColumnParameter(name=p.sequence_column, type=ColumnParameter.KEY)
    rows = new_rows(CSVDataParameter(column=[*p.column, key], key=p.sequence_column), source)
    return of_table(rows, None, source.name)._replace(notes=rows.notes)


def _of_arrays(path: Path) -> Sequences:
    files = sorted(path.rglob(f"*{_ARRAYS}")) if path.is_dir() else [path]
    if not files:
        raise DataError(f"{path}: no files {_ARRAYS} in the folder")
    steps, room = [], MAX_NUMBERS
    for file in files:
        try:
            steps.append(steps_of(read_npy(file), file))
        except OSError as error:
            raise DataError(f"{file}: can't be read: {error.strerror or error}") from None
        room -= steps[-1].size
        if room < 0:
            raise DataError(f"{path}: more than {MAX_NUMBERS:,} numbers")
        if steps[-1].shape[1] != steps[0].shape[1]:
            message = f"{steps[-1].shape[1]} numbers a step, but {steps[0].shape[1]} in {files[0]}"
            raise DataError(f"{file}: {message}")
    return Sequences(steps, None, [str(file) for file in files], None)


def _of_hdf5(path: Path) -> Sequences:
    with opened_datasets(path, ["data", "lengths"]) as (data, lengths):
        if len(data.shape) != 2 or len(lengths.shape) != 1:
            raise DataError(f"{path}: expected data (steps x numbers) and lengths (sequences)")
        if data.shape[0] * data.shape[1] > MAX_NUMBERS:
            raise DataError(f"{path}: data has more than {MAX_NUMBERS:,} numbers")
        counts = np.asarray(lengths.read(np.float64))
        if (counts < 1).any() or (counts != np.floor(counts)).any() or counts.sum() != data.shape[0]:
            raise DataError(f"{path}: lengths don't add up to the {data.shape[0]:,} steps of data")
        steps = np.split(np.asarray(data.read(np.float32)), np.cumsum(counts.astype(np.int64))[:-1])
    return Sequences(steps, None, [f"{path}: sequence {number}" for number in range(len(steps))], None)
