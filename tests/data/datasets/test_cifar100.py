"""The data set cifar100."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data.datasets.cifar100 import CIFAR100
from tests.data.test_cifar import archive


def test_labels_are_the_fine_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path))
    folder = tmp_path / "datasets" / "cifar100"
    folder.mkdir(parents=True)
    data = bytes([3, 42]) + bytes(3072)
    archive(folder / "cifar-100-binary.tar.gz", {"cifar-100-binary/test.bin": data})
    assert CIFAR100().load("test")[1].tolist() == [42]


def test_class_names_are_sorted() -> None:
    names = CIFAR100.class_names(0)
    assert len(names) == len(set(names)) == 100
    assert names == sorted(names)
    assert names[42] == "leopard"
