import gzip
import struct

import numpy as np
import pytest

from layerzoo.data.datasets.mnist import MNIST, read_idx
from layerzoo.errors import DataError

IMAGES = np.arange(2 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(2, 28, 28)
LABELS = np.array([7, 2], np.uint8)


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path))
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(IMAGES)))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(LABELS))
    return folder


def test_files_are_read_compressed_or_not(folder):
    images, labels = MNIST().load("test")
    assert images.dtype == labels.dtype == np.float32
    assert np.allclose(images[:, 0] * 255, IMAGES)
    assert labels.tolist() == [7, 2]


def test_missing_file_error_names_its_folder(folder):
    with pytest.raises(DataError, match=rf"train-images-idx3-ubyte .* in {folder}"):
        MNIST().load("train")


def test_image_and_label_counts_must_match(folder):
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(LABELS[:1]))
    with pytest.raises(DataError, match="2 images and 1 labels in split 'test'"):
        MNIST().load("test")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(IMAGES)[:-1], "1567 bytes, expected 2 x 28 x 28; truncated or damaged"),
        (idx(LABELS), "not an IDX file of bytes with 3 axes"),
        (b"", "not an IDX file"),
        (gzip.compress(idx(IMAGES))[:-9], "end-of-stream"),
    ],
)
def test_damaged_files_are_rejected(tmp_path, content, message):
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_idx(tmp_path / "f", 3)
