"""Sequences of rows of numbers: a table, an HDF5 file, or a folder of .npy files for each class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from layerzoo.data.class_folders import find_parts
from layerzoo.data.csv_file import read_csv
from layerzoo.data.samples import Floats, as_classes
from layerzoo.data.selection import split_of
from layerzoo.data.sequences import Sequences as Steps
from layerzoo.data.sequences import of_folder, of_hdf5, of_table
from layerzoo.data.table_source import load_table
from layerzoo.errors import DataError, LayerFault, UsageError
from layerzoo.hdf5_file import open_hdf5
from layerzoo.projects.asked import CLASSIFICATION, REGRESSION, Asked
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.looking import by_class, choose_shares, count_parts
from layerzoo.projects.recogniser import Recogniser, recogniser
from layerzoo.projects.table_columns import check_predicted, described, of_type, task_of, written
from layerzoo.schema import ColumnParameter, CSVDataParameter, ReadingParameter

_KEYS: Final = ("sequence", "sequence_id", "series", "series_id")
"""Names of the column that tells the sequences of a table apart, in lower case."""
_ARRAYS: Final = frozenset({".npy"})
_HDF5: Final = frozenset({".h5", ".hdf5"})
_TABLES: Final = frozenset({".csv", ".tsv", ".tab"})
_DATASETS: Final = frozenset({"data", "lengths", "label"})
_LONGEST: Final = 1000
_MESSAGE: Final = "sequence_data_param"
_TABLE, _FILE, _FOLDER = "a table", "an HDF5 file", "a folder for each class"
_NEW: Final = {_TABLE: "new.csv", _FILE: "new.h5", _FOLDER: "new.npy"}
"""What new sequences are given as, by the kind of the source."""


@recogniser
class StepSequences(Recogniser):
    """Sequences of any length, of rows of numbers, with a class or numbers to predict for each."""

    expects = (
        "sequences of steps: a CSV file with a column sequence, or a folder of .npy files (steps x numbers) "
        "for each class"
    )
    rank = 5

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> DataDescription | None:
        """What lies at a path; see `Recogniser.recognise`."""
        suffix = path.suffix.lower()
        if path.is_dir():
            return _of_folder(path) if next(path.glob("*/**/*.npy"), None) else None
        if suffix in _TABLES:
            return _of_table(path, asked)
        return _of_hdf5(path) if suffix in _HDF5 else None


def _of_table(path: Path, asked: Asked) -> DataDescription | None:
    header = read_csv(path).names
    key = next((name for name in header if name.lower() in _KEYS), "")
    if not key:
        return None
    labels = asked.labels or [name for name in header if name == "label"]
    param = CSVDataParameter(source=str(path), key=key, label=labels)
    try:
        columns, rows = load_table(param, one_label_a_key=True)
        unused = [column.name for column in of_type(columns, ColumnParameter.CATEGORY)]
        param.column.extend(ColumnParameter(name=name, type=ColumnParameter.IGNORED) for name in unused)
        keys = list(dict.fromkeys(rows.keys))
        shares = choose_shares(len(keys))
        counts = count_parts(keys, shares)
        columns, rows = load_table(param, shares, one_label_a_key=True)
    except LayerFault as fault:
        raise DataError(fault.message) from None
    except DataError as error:
        raise UsageError(f"-label: {error}") if asked.labels else error from None
    if rows.labels is None:
        raise DataError(f"{path}: no column to predict; name it: -label COLUMN")
    check_predicted(path, columns, asked)
    classes = of_type(columns, ColumnParameter.CLASS)
    sequences = of_table(rows, list(classes[0].category) if classes else None, str(path))
    description = _description(path, _TABLE, sequences, counts, shares)
    description.task = task_of(columns, rows)
    description.classes = description.classes if description.task == CLASSIFICATION else {}
    description.fields = {
        **description.fields,
        "sequence_column": key,
        "column": [written(column) for column in columns],
    }
    description.details = [*description.details, described(columns)]
    if unused:
        names = ", ".join(unused[:5])
        description.warnings.append(f"columns {names}: not used, since the steps of sequences are numbers")
    description.warnings += rows.notes
    return description


def _of_hdf5(path: Path) -> DataDescription | None:
    with open_hdf5(path, DataError) as root:
        datasets = {name for group, arrays in root.walk() if group.name == root.name for name in arrays}
    if not datasets >= _DATASETS:
        return None
    sequences = of_hdf5(path)
    shares = choose_shares(len(sequences.keys))
    description = _description(path, _FILE, sequences, count_parts(sequences.keys, shares), shares)
    description.fields = {**description.fields, **_scales(path, _training(sequences, shares))}
    return description


def _of_folder(path: Path) -> DataDescription:
    """A folder of files for each class, or train, val and test with such folders."""
    parts = find_parts(path)
    if not parts:
        sequences = of_folder(str(path))
        shares = choose_shares(len(sequences.keys))
        counts = count_parts(sequences.keys, shares)
        description = _description(path, _FOLDER, sequences, counts, shares)
        description.fields = {**description.fields, **_scales(path, _training(sequences, shares))}
        return description
    by_part = {part: of_folder(str(path), part) for part in parts}
    everything = by_part["train"]._replace(
        steps=[one for part in by_part.values() for one in part.steps],
        keys=[key for part in by_part.values() for key in part.keys],
        labels=np.concatenate([part.labels for part in by_part.values() if part.labels is not None]),
    )
    counts = {part: len(sequences.keys) for part, sequences in by_part.items()}
    description = _description(path, _FOLDER, everything, counts, None)
    description.fields = {**description.fields, **_scales(path, by_part["train"].steps)}
    return description


def _description(
    path: Path, kind: str, sequences: Steps, counts: dict[str, int], shares: tuple[float, float] | None
) -> DataDescription:
    """What the sources have in common."""
    lengths = [len(one) for one in sequences.steps]
    length, width = min(_LONGEST, max(lengths)), sequences.steps[0].shape[1]
    assert sequences.labels is not None
    labels = as_classes(sequences.labels)
    classes = by_class(labels, sequences.classes or ())
    if sequences.classes is not None and len(classes) < 2:
        raise DataError(f"-data {path}: one class only; expected two or more")
    cut = f"; those longer than {length:,} steps are cut" if max(lengths) > length else ""
    numbers = "1 number" if width == 1 else f"{width:,} numbers"
    return DataDescription(
        what=f"{len(lengths):,} sequences in {kind}",
        task=CLASSIFICATION if classes else REGRESSION,
        layer="SequenceData",
        fields={"source": str(path.absolute()), "length": length},
        counts=counts,
        classes=classes,
        shapes={"label": sequences.labels.shape[1:], "data": (length, width)},
        shares=shares,
        details=[f"{min(lengths):,} to {max(lengths):,} steps with {numbers} each{cut}"],
        new_sample=_NEW[kind],
        models=["temporal_conv"],
    )


def _training(sequences: Steps, shares: tuple[float, float]) -> list[Floats]:
    """The steps of the sequences that train."""
    pairs = zip(sequences.keys, sequences.steps, strict=True)
    return [steps for key, steps in pairs if split_of(key, *shares) == ReadingParameter.TRAIN]


def _scales(path: Path, steps: Sequence[Floats]) -> dict[str, object]:
    """The mean and standard deviation of each number, by which they are normalised.

    Raises:
        DataError: a number is infinite or not a number.
    """
    rows = np.concatenate(steps).astype(np.float64)
    if not np.isfinite(rows).all():
        raise DataError(f"-data {path}: steps have values that are not finite numbers")
    mean, std = rows.mean(0), rows.std(0)
    shown = [[float(f"{value:.6g}") for value in values] for values in (mean, np.where(std > 0, std, 1))]
    return {"mean": shown[0], "std": shown[1]}
