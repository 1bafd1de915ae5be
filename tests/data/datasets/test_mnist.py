import gzip
import struct

import numpy as np
import pytest

from layerzoo.data.datasets.mnist import MNIST
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
    message = (
        rf"train-images-idx3-ubyte .* in {folder.parent.parent}/datasets/mnist; .* layerzoo data get mnist"
    )
    with pytest.raises(DataError, match=message):
        MNIST().load("train")


def test_image_and_label_counts_must_match(folder):
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(LABELS[:1]))
    with pytest.raises(DataError, match="2 images and 1 labels in split 'test'"):
        MNIST().load("test")


def test_downloads_are_read_first(folder):
    downloads = folder.parent.parent / "datasets" / "mnist"
    downloads.mkdir(parents=True)
    (downloads / "t10k-labels-idx1-ubyte").write_bytes(idx(np.array([1, 3], np.uint8)))
    assert MNIST().load("test")[1].tolist() == [1, 3]
