"""Blobs by layer name: what the functions of the package take and return."""

from __future__ import annotations

from pathlib import Path

import h5py
import pytest
import torch

from layerzoo.blobs.named import NamedBlobs
from layerzoo.blobs.stored import StoredBlob
from layerzoo.weights import load, open_weights, read, save
from layerzoo.weights.params import Params


@pytest.mark.parametrize("suffix", [".safetensors", ".caffemodel", ".h5"])
def test_params_are_lists_or_named_blobs(suffix: str, tmp_path: Path) -> None:
    """A plain list names its blobs by their indices, as NamedBlobs without names does."""
    path = tmp_path / f"w{suffix}"
    blobs = [torch.tensor([[1.0, 2.0]]), torch.tensor([3.0])]
    given: Params = {"plain": blobs, "named": NamedBlobs(blobs), "tuple": tuple(blobs)}
    save(given, path)
    stored = {name: [blob.tolist() for blob in blobs] for name, blobs in read(path).items()}
    assert stored == {name: [[[1.0, 2.0]], [3.0]] for name in given}
    target: Params = {"plain": [torch.zeros(1, 2), torch.zeros(1)]}
    assert load(target, path).loaded == ["plain/0", "plain/1"]
    assert target["plain"][0].tolist() == [[1.0, 2.0]]


def test_stored_weights_are_named_and_unread(tmp_path: Path) -> None:
    save(
        {"own": NamedBlobs([torch.zeros(2), torch.zeros(3)], ["0", "fc.weight"])}, tmp_path / "w.safetensors"
    )
    with open_weights(tmp_path / "w.safetensors") as stored:
        assert stored["own"].names == ["0", "fc.weight"]
        shapes = [blob.shape for blob in stored["own"] if isinstance(blob, StoredBlob)]
    assert shapes == [(2,), (3,)]


def test_stored_weights_have_none_for_a_blob_left_out(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["data/ip/1"] = [1.0, 2.0]
    with open_weights(tmp_path / "w.h5") as stored:
        first, second = stored["ip"]
        assert first is None
        assert second is not None
        assert second.tensor().tolist() == [1.0, 2.0]
