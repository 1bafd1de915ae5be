"""The machine's GPUs and memory, read without torch."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_QUERY: Final = "index,name,memory.used,memory.total,utilization.gpu"
_SECONDS: Final = 5
_MIB: Final = 1 << 20


@dataclass(frozen=True)
class Gpu:
    """A GPU.

    Attributes:
        index: its number.
        name: model.
        used, total: memory in bytes.
        busy: percentage of time in which it computed.
    """

    index: int
    name: str
    used: int
    total: int
    busy: int


@dataclass(frozen=True)
class Memory:
    """The machine's memory and processors.

    Attributes:
        used, total: memory in bytes; 0 if unknown.
        processors: how many this process may use.
        load: processes that compute or wait for a processor, averaged over a minute.
    """

    used: int
    total: int
    processors: int
    load: float


def gpus() -> list[Gpu]:
    """The GPUs that the driver's tool ``nvidia-smi`` lists; none without it."""
    if shutil.which("nvidia-smi") is None:
        return []
    command = ["nvidia-smi", f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"]
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
        return [gpu for line in done.stdout.splitlines() if (gpu := _gpu(line)) is not None]
    return []


def memory() -> Memory:
    """The machine's memory and processors now."""
    fields = {}
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            name, _, rest = line.partition(":")
            fields[name] = int(rest.split()[0]) * 1024
    total = fields.get("MemTotal", 0)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Memory(max(0, total - fields.get("MemAvailable", total)), total, processors, load)


def _gpu(line: str) -> Gpu | None:
    """The GPU of a line; a number that the driver doesn't know is 0."""
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 5 or not parts[0].isdigit():
        return None
    used, total, busy = (int(part) if part.isdigit() else 0 for part in parts[2:])
    return Gpu(int(parts[0]), parts[1], used * _MIB, total * _MIB, busy)
