"""HDF5 files."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest

from layerzoo.errors import DataError
from layerzoo.projects.asked import CLASSIFICATION, MULTI_LABEL, REGRESSION, Asked
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.recognisers.hdf5_files import HDF5Files


def recognised(path: Path, **arrays: np.ndarray) -> DataDescription:
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values
    description = HDF5Files.recognise(path, Asked())
    assert description is not None
    return description


def test_labels_decide_the_task(tmp_path: Path) -> None:
    x, n = np.zeros((100, 3), np.float32), np.arange(100)
    for labels, task in (
        (n % 4, CLASSIFICATION),
        (n / 7, REGRESSION),
        (np.stack([n % 2, n // 50], 1), MULTI_LABEL),
    ):
        assert recognised(tmp_path / "a.h5", data=x, label=labels).task == task
    description = recognised(tmp_path / "a.h5", x=x, y=n % 4)
    assert description.classes == {"0": 25, "1": 25, "2": 25, "3": 25}
    assert description.renamed == {"x": "data", "y": "label"}
    assert description.fields == {"source": str(tmp_path / "a.h5")}
    assert description.images is None


def test_rows_of_three_axes_are_images(tmp_path: Path) -> None:
    images = recognised(
        tmp_path / "a.h5", data=np.zeros((90, 1, 8, 9), np.float32), label=np.arange(90) % 2
    ).images
    assert images is not None
    assert (images.channels, images.height, images.width) == (1, 8, 9)


def test_inputs_are_not_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data"] = np.zeros((100, 3, 250, 200), np.float32)
        file["label"] = np.arange(100) % 4
    tracemalloc.start()
    try:
        description = HDF5Files.recognise(tmp_path / "a.h5", Asked())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10e6, "the inputs have 60 MB, and may be larger than memory"
    assert description is not None
    assert description.images is not None
    assert (description.images.channels, description.images.height, description.images.width) == (3, 250, 200)


def test_file_without_inputs_or_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has the datasets a; expected one of inputs"):
        recognised(tmp_path / "a.h5", a=np.zeros(3))
    with pytest.raises(DataError, match="the dataset 'label' has one class only"):
        recognised(tmp_path / "a.h5", data=np.zeros((99, 2)), label=np.zeros(99))
    with pytest.raises(DataError, match="has values that are not numbers"):
        recognised(tmp_path / "a.h5", data=np.zeros((99, 2)), label=np.full(99, np.nan))
    assert HDF5Files.recognise(tmp_path, Asked()) is None
