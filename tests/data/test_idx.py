"""IDX files, and data sets that come in them."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from layerzoo.data import idx as idx_module
from layerzoo.data.idx import IdxSet, read_idx
from layerzoo.errors import DataError

IMAGES = np.arange(2 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(2, 28, 28)
LABELS = np.array([7, 2], np.uint8)


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(IMAGES)[:-1], "1567 bytes, expected 2 x 28 x 28; truncated or damaged"),
        (idx(LABELS), "not an IDX file of bytes with 3 axes"),
        (b"", "not an IDX file"),
        (gzip.compress(idx(IMAGES))[:-9], "end-of-stream"),
    ],
)
def test_damaged_files_are_rejected(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_idx(tmp_path / "f", 3)


def test_read_idx_gives_the_array(tmp_path: Path) -> None:
    (tmp_path / "f.gz").write_bytes(gzip.compress(idx(IMAGES)))
    np.testing.assert_array_equal(read_idx(tmp_path / "f.gz", 3), IMAGES)


class Ten(IdxSet):
    """A data set of the test."""

    classes, credit = 10, "the test"


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[:1], LABELS, "1 images and 2 labels in split 'train'"),
        (IMAGES[:, :20], LABELS, "images of 20 x 28 pixels, expected 28 x 28"),
        (IMAGES, LABELS + 5, "label 12; there are 10 classes"),
    ],
)
def test_sets_that_do_not_fit_are_refused(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path))
    folder = tmp_path / "datasets" / "ten"
    folder.mkdir(parents=True)
    (folder / "train-images-idx3-ubyte").write_bytes(idx(images))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    with pytest.raises(DataError, match=message):
        Ten().load("train")


@pytest.mark.parametrize("packed", [False, True])
def test_files_that_are_or_inflate_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(idx_module, "MAX_BYTES", 5000)
    bomb = idx(np.zeros((10, 28, 28), np.uint8))
    data = gzip.compress(bomb) if packed else bomb
    assert len(data) < 100 or not packed
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(DataError, match="f: more than 5,000 bytes"):
        read_idx(tmp_path / "f", 3)
