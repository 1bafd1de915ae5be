"""The data set cifar10."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data.datasets.cifar10 import CIFAR10
from layerzoo.errors import DataError
from tests.data.test_cifar import archive


def record(label: int, value: int) -> bytes:
    return bytes([label]) + bytes([value]) * 3072


def test_splits_are_read_from_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path))
    with pytest.raises(DataError, match=r"cifar-10-binary.tar.gz .* layerzoo data get cifar10"):
        CIFAR10().load("test")
    folder = tmp_path / "datasets" / "cifar10"
    folder.mkdir(parents=True)
    members = {f"cifar-10-batches-bin/data_batch_{n}.bin": record(n, n) for n in range(1, 6)}
    members["cifar-10-batches-bin/test_batch.bin"] = record(9, 255) + record(0, 0)
    archive(folder / "cifar-10-binary.tar.gz", members)
    images, labels = CIFAR10().load("test")
    assert images.dtype == labels.dtype == np.float32
    assert images[:, 0, 0, 0].tolist() == [1, 0]
    assert labels.tolist() == [9, 0]
    assert CIFAR10().load("train")[1].tolist() == [1, 2, 3, 4, 5]
    members["cifar-10-batches-bin/test_batch.bin"] = record(10, 255)
    archive(folder / "cifar-10-binary.tar.gz", members)
    with pytest.raises(DataError, match="label 10; there are 10 classes"):
        CIFAR10().load("test")


def test_class_names() -> None:
    assert CIFAR10.class_names(0)[3] == "cat"
