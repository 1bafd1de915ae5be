"""The available memory of a device, and out-of-memory errors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import torch

from layerzoo.errors import OutOfMemoryError

_MEMINFO = Path("/proc/meminfo")
_OWN_CGROUPS = Path("/proc/self/cgroup")
_OWN_SIZES = Path("/proc/self/statm")
_CGROUPS = Path("/sys/fs/cgroup")
_V2 = ("memory.max", "memory.current", ("inactive_file", "active_file"))
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file"))
"""Files of a cgroup with its limit and what it uses, and keys of ``memory.stat`` for cached files."""


def available_memory(device: torch.device, swap: bool = False) -> int | None:
    """Bytes available on a device, including those that torch has reserved but not used; None if unknown.

    For the CPU: memory available without swapping, within the limits of containers (cgroups) and of the
    process (``ulimit -v``, ``ulimit -d``).

    Args:
        device: the device.
        swap: count the system's free swap space as available.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    found = [n for n in (_system(swap), *_left_in_cgroups(), *_left_of_process()) if n is not None]
    return min(found, default=None)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception is an out-of-memory error."""
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError | OutOfMemoryError):
        return True
    said = ("can't allocate memory", "not enough memory", "out of memory", "ALLOC_FAILED")
    return isinstance(error, RuntimeError) and any(words in str(error) for words in said)


def _system(swap: bool) -> int | None:
    """Available memory of the machine; its whole memory where the system tells no more."""
    try:
        lines = _MEMINFO.read_text().splitlines()
    except OSError:
        try:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (ValueError, OSError):
            return None
    pairs = (line.split() for line in lines)
    sizes = {words[0]: int(words[1]) * 1024 for words in pairs if len(words) > 1 and words[1].isdecimal()}
    available = sizes.get("MemAvailable:")
    return None if available is None else available + (sizes.get("SwapFree:", 0) if swap else 0)


def _left_in_cgroups() -> Iterator[int | None]:
    """Bytes left under the limit of each cgroup of the process. Source: Linux's cgroups(7)."""
    try:
        lines = _OWN_CGROUPS.read_text().splitlines()
    except OSError:
        lines = ["0::/"]
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers and "memory" not in controllers.split(","):
            continue
        root, files = (_CGROUPS / "memory", _V1) if controllers else (_CGROUPS, _V2)
        group = root / path.lstrip("/")
        while group.is_relative_to(root):
            yield _left_in(group, *files)
            group = group.parent


def _left_in(group: Path, limit: str, used: str, cached: tuple[str, ...]) -> int | None:
    """Bytes left under the limit of a cgroup; cached files make room and don't count as used."""
    try:
        most = (group / limit).read_text().strip()
        if most == "max":
            return None
        pairs = (line.split() for line in (group / "memory.stat").read_text().splitlines())
        stat = {words[0]: int(words[1]) for words in pairs if len(words) == 2}
        taken = int((group / used).read_text()) - sum(stat.get(key, 0) for key in cached)
        return max(0, int(most) - max(0, taken))
    except (OSError, ValueError):
        return None


def _left_of_process() -> Iterator[int | None]:
    """Bytes left under the limits of the process for its address space and its data."""
    try:
        import resource

        sizes = _OWN_SIZES.read_text().split()
        page = os.sysconf("SC_PAGE_SIZE")
    except (ImportError, OSError, ValueError):
        return
    for kind, size in ((resource.RLIMIT_AS, sizes[0]), (resource.RLIMIT_DATA, sizes[5])):
        limit, _ = resource.getrlimit(kind)
        if limit != resource.RLIM_INFINITY:
            yield max(0, limit - int(size) * page)
