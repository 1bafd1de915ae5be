"""CPU threads of a process: how they wait, how many it may use, and how many LAYERZOO_THREADS asks for.

torch computes with OpenMP, whose threads spin while they wait for each other. If other programs use the
processors too, a thread spins for one that isn't scheduled, and a small net trains many times slower
(``benchmarks/threads.py``). OpenMP reads how to wait from the environment when torch is imported, so the
command line calls `wait_passively` before. A program that imports Layerzoo is left as it is, unless
LAYERZOO_THREADS is set.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from math import ceil
from typing import Final

VARIABLE: Final = "LAYERZOO_THREADS"
OF_OPENMP: Final = "OMP_NUM_THREADS"
MAX_THREADS: Final = 1024
_WAITING: Final = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000"}
"""GNU's OpenMP, which torch's wheels bring, reads GOMP_SPINCOUNT: a thread spins for a few microseconds, the
time to the next operation of a net, and then sleeps. Other OpenMP libraries read OMP_WAIT_POLICY."""
_WAITING_ELSEWHERE: Final = ("KMP_BLOCKTIME",)


def wait_passively() -> None:
    """Let OpenMP's threads sleep while they wait, unless the environment says how they wait.

    It has no effect once torch has been imported.
    """
    if "torch" not in sys.modules and not any(
        name in os.environ for name in (*_WAITING, *_WAITING_ELSEWHERE)
    ):
        os.environ.update(_WAITING)


def requested() -> int | None:
    """The number of threads in LAYERZOO_THREADS; None if it is not set.

    Raises:
        UsageError: it is not a number of threads.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    if text.isdecimal() and 1 <= len(text) <= 4 and 1 <= int(text) <= MAX_THREADS:
        return int(text)
    from layerzoo.errors import UsageError

    raise UsageError(f"{VARIABLE}={text}: expected a number of threads from 1 to {MAX_THREADS}")


def use_requested() -> None:
    """Let torch use as many threads as LAYERZOO_THREADS asks for, now or once it is imported.

    Raises:
        UsageError: the variable is not a number of threads.
    """
    number = requested()
    if number is None:
        return
    wait_passively()
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(number)
    else:
        os.environ[OF_OPENMP] = str(number)


def processors() -> int:
    """The processors that this process may use: of its affinity mask and the CPU quota of its container."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([count, *_quotas()]))


def processes_here() -> int:
    """The number of processes that train together on this machine, by what has started them."""
    count = os.environ.get("LOCAL_WORLD_SIZE", "")
    return max(1, int(count)) if count.isdecimal() else 1


def _quotas(root: str = "/sys/fs/cgroup", of_process: str = "/proc/self/cgroup") -> Iterator[int]:
    """The CPU quotas of the process's control groups, in processors, rounded up."""
    group = ""
    with suppress(OSError, UnicodeDecodeError):
        lines = _text(of_process).splitlines()
        group = next((line[3:].strip("/") for line in lines if line.startswith("0::")), "")
    for folder in {root, f"{root}/{group}".rstrip("/")}:
        with suppress(OSError, ValueError):  # version 2: "max 100000", or "150000 100000" in microseconds
            quota, period = _text(f"{folder}/cpu.max").split()
            yield max(1, ceil(int(quota) / int(period)))
    with suppress(OSError, ValueError, ZeroDivisionError):  # version 1: -1 is no limit
        quota, period = (_text(f"{root}/cpu/cpu.cfs_{name}_us") for name in ("quota", "period"))
        if int(quota) > 0:
            yield max(1, ceil(int(quota) / int(period)))


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (pathlib takes long to import)
        return file.read()
