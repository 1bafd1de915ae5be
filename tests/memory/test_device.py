"""The available memory of a device, and out-of-memory errors."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
import torch

from layerzoo.errors import OutOfMemoryError
from layerzoo.memory import device as device_memory
from layerzoo.memory.device import available_memory, is_out_of_memory

CPU = torch.device("cpu")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a system's files about its memory: 2,000 KiB are available, and 500 KiB of swap space."""
    (tmp_path / "meminfo").write_text("MemTotal:  9000 kB\nMemAvailable:  2000 kB\nSwapFree: 500 kB\n")
    (tmp_path / "statm").write_text("100 50 20 1 0 60 0\n")
    (tmp_path / "own").write_text("4:memory:/outer/inner\n1:cpu,cpuacct:/\n0::/slice/unit\n")
    monkeypatch.setattr(device_memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(device_memory, "_OWN_SIZES", tmp_path / "statm")
    monkeypatch.setattr(device_memory, "_OWN_CGROUPS", tmp_path / "own")
    monkeypatch.setattr(device_memory, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return tmp_path


def group(folder: Path, limit: str, used: int, version: int = 2, cached: int = 0) -> None:
    """Write the files of a cgroup."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ("memory.max", "memory.current") if version == 2 else V1
    prefix = "" if version == 2 else "total_"
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    half = cached // 2
    stat = f"anon 5\n{prefix}inactive_file {half}\n{prefix}active_file {cached - half}\n"
    (folder / "memory.stat").write_text(stat)


V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes")


def test_available_memory_of_the_system(machine: Path) -> None:
    assert available_memory(CPU) == 2000 * 1024
    assert available_memory(CPU, swap=True) == 2500 * 1024


def test_available_memory_within_a_containers_limit(machine: Path) -> None:
    group(machine / "cgroup", "1500000", 500_000)
    assert available_memory(CPU) == 1_000_000
    group(machine / "cgroup", "max", 500_000)
    assert available_memory(CPU) == 2000 * 1024


def test_available_memory_within_the_limits_of_outer_and_inner_groups(machine: Path) -> None:
    group(machine / "cgroup/slice/unit", "1500000", 500_000)
    group(machine / "cgroup/slice", "900000", 500_000)
    assert available_memory(CPU) == 400_000
    group(machine / "cgroup/memory/outer/inner", "700000", 400_000, version=1)
    assert available_memory(CPU) == 300_000
    group(machine / "cgroup/memory/outer/inner", str(2**63 - 4096), 400_000, version=1)
    group(machine / "cgroup/memory", "600000", 400_000, version=1)
    assert available_memory(CPU) == 200_000


def test_cached_files_do_not_count_as_used(machine: Path) -> None:
    group(machine / "cgroup/slice", "1000000", 990_000, cached=600_000)
    assert available_memory(CPU) == 610_000
    group(machine / "cgroup/memory/outer", "500000", 490_000, version=1, cached=100_000)
    assert available_memory(CPU) == 110_000


def test_available_memory_within_the_limits_of_the_process(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    limits = {resource.RLIMIT_AS: 150 * page, resource.RLIMIT_DATA: 90 * page}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (limits[kind], resource.RLIM_INFINITY))
    assert available_memory(CPU) == 30 * page
    limits[resource.RLIMIT_DATA] = resource.RLIM_INFINITY
    assert available_memory(CPU) == 50 * page
    limits[resource.RLIMIT_AS] = 10 * page
    assert available_memory(CPU) == 0


def test_available_memory_is_that_of_the_machine_if_the_system_tells_no_more(machine: Path) -> None:
    (machine / "meminfo").unlink()
    assert available_memory(CPU) == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    (machine / "meminfo").write_text("MemTotal: x\n")
    assert available_memory(CPU) is None


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (MemoryError(), True),
        (OutOfMemoryError("net 'x' needs 5 GiB"), True),
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
