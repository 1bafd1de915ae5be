"""An HDF5 file with inputs and labels."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from layerzoo.data.hdf5_rows import INPUTS, LABELS, HDF5Rows
from layerzoo.errors import DataError
from layerzoo.hdf5_file import open_hdf5
from layerzoo.projects.asked import CLASSIFICATION, MULTI_LABEL, REGRESSION, Asked
from layerzoo.projects.data_description import DataDescription, Images
from layerzoo.projects.looking import by_class, choose_shares, count_parts, keys_of
from layerzoo.projects.recogniser import Recogniser, recogniser

_SUFFIXES: Final = frozenset({".h5", ".hdf5", ".hdf"})
_CHANNELS: Final = (1, 3)
_MOST_CLASSES: Final = 10_000


@recogniser
class HDF5Files(Recogniser):
    """An HDF5 file with a dataset of inputs and one of labels, row by row."""

    expects = "an HDF5 file with datasets such as data and label, row by row"
    rank = 10

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> DataDescription | None:
        """What lies at a path; see `Recogniser.recognise`."""
        if not path.is_file() or path.suffix.lower() not in _SUFFIXES:
            return None
        names = _datasets(path)
        data = next((name for name in INPUTS if name in names), "")
        label = next((name for name in LABELS if name in names), "")
        if not data or not label:
            raise DataError(
                f"-data {path}: has the datasets {', '.join(names[:8]) or 'none'}; expected one of inputs "
                f"({', '.join(INPUTS[:3])}) and one of labels ({', '.join(LABELS[:3])})"
            )
        shape, of_label = HDF5Rows([path], [data, label]).shapes
        rows = HDF5Rows([path], [label])  # inputs may be larger than memory
        try:
            keys = keys_of(rows)
            numbers = np.arange(len(rows))
            labels = rows.read(numbers, numbers, 0)[0]
        finally:
            rows.close()
        if not np.isfinite(labels).all():
            raise DataError(f"-data {path}: the dataset '{label}' has values that are not numbers")
        whole = labels.astype(np.int64)
        single = labels[0].size == 1
        task, classes = REGRESSION, {}
        if single and (whole == labels).all() and labels.min() >= 0 and labels.max() < _MOST_CLASSES:
            task, classes = CLASSIFICATION, by_class(whole.ravel())
        elif not single and set(np.unique(labels).tolist()) <= {0.0, 1.0}:
            task = MULTI_LABEL
        if task == CLASSIFICATION and len(classes) < 2:
            raise DataError(f"-data {path}: the dataset '{label}' has one class only")
        shares = choose_shares(len(keys))
        images = (
            Images(shape[1], shape[2], shape[0], fixed=True)
            if len(shape) == 3 and shape[0] in _CHANNELS
            else None
        )
        return DataDescription(
            what=f"an HDF5 file of {len(keys):,} rows",
            task=task,
            layer="HDF5Data",
            fields={"source": str(path.absolute())},
            tops=[data, label],
            counts=count_parts(keys, shares),
            classes=classes,
            images=images,
            shapes={"label": of_label, "data": shape},
            shares=shares,
            details=[f"{data}: {' x '.join(map(str, shape))} numbers a row; {label}: {task}"],
            new_sample="new.h5",
        )


def _datasets(path: Path) -> list[str]:
    with open_hdf5(path, DataError) as root:
        return sorted(name for group, arrays in root.walk() if group.name == root.name for name in arrays)
