"""Writing safetensors files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from layerzoo.blobs.safetensors_file import write_tensors


def test_write_tensors_copies_shared_tensors_and_slices(tmp_path: Path) -> None:
    whole = torch.arange(6.0).reshape(2, 3)
    tensors = {"a": whole, "again": whole, "row": whole[1], "turned": whole.t()}
    write_tensors(tmp_path / "x", tensors, {"key": "value"})
    read = load_file(tmp_path / "x")
    assert {name: tensor.tolist() for name, tensor in read.items()} == {
        name: tensor.tolist() for name, tensor in tensors.items()
    }
    assert (tmp_path / "x").stat().st_size < 500, "a slice without the rest"


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_follow_the_umask(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        write_tensors(tmp_path / "x", {"a": torch.zeros(1)})
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == mode


def test_error_of_the_system_has_its_number(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_tensors(tmp_path / "none" / "x", {"a": torch.zeros(1)})
