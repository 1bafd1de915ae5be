"""IDX, CIFAR and HDF5 as an LMDB."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from layerzoo.errors import DataError, UsageError
from layerzoo.tools.data_import import ImportSettings, import_data
from tests.data.test_idx import IMAGES, LABELS, idx
from tests.tools.imported import read


def test_idx_cifar_and_hdf5(tmp_path: Path) -> None:
    (tmp_path / "x-images-idx3-ubyte").write_bytes(idx(IMAGES))
    (tmp_path / "x-labels-idx1-ubyte").write_bytes(idx(LABELS))
    import_data(tmp_path / "x-images-idx3-ubyte", tmp_path / "i", ImportSettings())
    images, labels = read(tmp_path / "i", 2)
    np.testing.assert_array_equal(images[1][0], IMAGES[1])
    assert labels == [7, 2]
    (tmp_path / "b.bin").write_bytes(bytes([3]) + bytes([1, 2, 3]) * 1024)
    import_data(tmp_path / "b.bin", tmp_path / "b", ImportSettings())
    images, labels = read(tmp_path / "b", 1)
    assert (images[0].shape, labels) == ((3, 32, 32), [3])
    with h5py.File(tmp_path / "h.h5", "w") as file:
        file["data"], file["label"] = np.full((2, 1, 2, 2), 0.5), [4, 5]
    import_data(tmp_path / "h.h5", tmp_path / "h", ImportSettings())
    images, labels = read(tmp_path / "h", 2)
    assert (images[0].tolist(), labels) == ([[[0.5] * 2] * 2], [4, 5])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 2.5], r"h.h5: row 1: label 2.5; a Datum holds whole numbers"),
        ([1, np.nan], r"h.h5: row 1: label nan; a Datum holds whole numbers"),
        ([1, 1e10], r"h.h5: row 1: label 1e\+10; a Datum holds whole numbers"),
        ([[1, 2], [3, 4]], r"h.h5: 2 labels a row; a Datum holds one"),
    ],
)
def test_labels_that_a_datum_cannot_hold_are_refused(tmp_path: Path, labels: object, message: str) -> None:
    with h5py.File(tmp_path / "h.h5", "w") as file:
        file["data"], file["label"] = np.zeros((2, 1, 2, 2)), labels
    with pytest.raises(DataError, match=message):
        import_data(tmp_path / "h.h5", tmp_path / "h", ImportSettings())
    assert not (tmp_path / "h").exists()


@pytest.mark.parametrize("opencv", [True, False])
def test_images_of_floats_are_resized(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opencv: bool) -> None:
    if not opencv:
        monkeypatch.setattr("layerzoo.image_file.opencv", lambda: None)
    with h5py.File(tmp_path / "h.h5", "w") as file:
        file["data"], file["label"] = np.array([[[[0.25, 0.75], [0.25, 0.75]]]]), [1]
    import_data(tmp_path / "h.h5", tmp_path / "h", ImportSettings(height=1, width=4))
    ((image,), _) = read(tmp_path / "h", 1)
    np.testing.assert_allclose(image, [[[0.25, 0.375, 0.625, 0.75]]], rtol=1e-6)


def test_rows_of_hdf5_are_read_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of any size, by any number of threads."""
    monkeypatch.setattr("layerzoo.data.hdf5_rows._WHOLE_BYTES", 0)
    pixels = np.arange(80).reshape(20, 1, 2, 2)
    with h5py.File(tmp_path / "h.h5", "w") as file:
        file["data"], file["label"] = pixels, np.arange(20)
    import_data(tmp_path / "h.h5", tmp_path / "h", ImportSettings())
    images, labels = read(tmp_path / "h", 20)
    np.testing.assert_array_equal(images, pixels)
    assert labels == list(range(20))


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((2, 4)), r"h.h5: images of 1 axes; expected channels, height, width"),
        (np.zeros((3, 1, 2, 2)), r"h.h5: 3 images and 2 labels"),
    ],
)
def test_other_arrays_than_images_are_refused(tmp_path: Path, pixels: np.ndarray, message: str) -> None:
    with h5py.File(tmp_path / "h.h5", "w") as file:
        file["data"], file["label"] = pixels, [1, 2]
    with pytest.raises(DataError, match=message):
        import_data(tmp_path / "h.h5", tmp_path / "h", ImportSettings())


def test_labels_of_idx_are_named_by_a_flag(tmp_path: Path) -> None:
    (tmp_path / "a-ubyte").write_bytes(idx(IMAGES))
    (tmp_path / "b-ubyte").write_bytes(idx(LABELS))
    with pytest.raises(UsageError, match="name the file of its labels by -labels"):
        import_data(tmp_path / "a-ubyte", tmp_path / "i", ImportSettings())
    import_data(tmp_path / "a-ubyte", tmp_path / "i", ImportSettings(labels=str(tmp_path / "b-ubyte")))
    assert read(tmp_path / "i", 2)[1] == [7, 2]
