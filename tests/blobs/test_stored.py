"""Blobs in files, before their values are read."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import h5py
import pytest
import torch

from layerzoo.blobs.stored import HDF5_SIGNATURE, StoredBlob


def test_stored_blob_reads_its_values_only_when_asked() -> None:
    reads: list[int] = []

    def values() -> torch.Tensor:
        reads.append(1)
        return torch.ones(2, 3)

    blob = StoredBlob((2, 3), values)
    assert blob.shape == (2, 3)
    assert not reads
    assert blob.tensor().tolist() == [[1.0] * 3] * 2
    assert reads == [1]


def test_stored_blob_cannot_be_changed() -> None:
    blob = StoredBlob((1,), lambda: torch.zeros(1))
    with pytest.raises(FrozenInstanceError):
        blob.shape = (2,)  # type: ignore[misc]  # that is what is tested


def test_hdf5_signature_is_what_h5py_writes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = 1
    assert (tmp_path / "a.h5").read_bytes().startswith(HDF5_SIGNATURE)
