"""The available memory of a device, and out-of-memory errors."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.engine.memory import device as device_memory
from layerzoo.engine.memory.device import available_memory, is_out_of_memory

CPU = torch.device("cpu")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a system's files about its memory: 2,000 KiB are available."""
    (tmp_path / "meminfo").write_text("MemTotal:  9000 kB\nMemAvailable:  2000 kB\n")
    monkeypatch.setattr(device_memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(device_memory, "_CGROUPS", ((tmp_path / "max", tmp_path / "current"),))
    return tmp_path


def test_available_memory_of_the_system(machine: Path) -> None:
    assert available_memory(CPU) == 2000 * 1024


def test_available_memory_within_a_containers_limit(machine: Path) -> None:
    (machine / "max").write_text("1500000\n")
    (machine / "current").write_text("500000\n")
    assert available_memory(CPU) == 1_000_000
    (machine / "max").write_text("max\n")
    assert available_memory(CPU) == 2000 * 1024


def test_available_memory_is_none_if_unknown(machine: Path) -> None:
    (machine / "meminfo").unlink()
    assert available_memory(CPU) is None


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (MemoryError(), True),
        (torch.cuda.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 5 bytes."), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"), True),
        (RuntimeError("shapes don't fit"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_is_out_of_memory_by_message(error: Exception, is_one: bool) -> None:
    assert is_out_of_memory(error) is is_one


def test_is_out_of_memory_for_the_error_of_torch() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 58)
    assert is_out_of_memory(caught.value)
