"""The heap of a process that trains keeps what it has freed."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FAULTS = """
import ctypes, resource, sys
from layerzoo.heap import keep_freed_memory
done = keep_freed_memory() if sys.argv[1] == "keep" else None
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
def once():
    blocks = [libc.malloc(40 << 20) for _ in range(2)]
    for block in blocks:
        ctypes.memset(block, 1, 40 << 20)
        libc.free(block)
once()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
once()
print(done, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str, **environ: str) -> tuple[str, int]:
    """What `keep_freed_memory` returned, and the pages that the system filled in a second pass."""
    env = {name: value for name, value in os.environ.items() if "MALLOC" not in name} | environ
    command = [sys.executable, "-c", FAULTS, how]
    done, pages = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=True
    ).stdout.split()
    return done, int(pages)


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc",
    reason="only glibc's heap has the setting",
)
def test_second_pass_touches_no_new_pages() -> None:
    done, kept = faults("keep")
    assert done == "True"
    _, given_back = faults("leave")
    assert kept < 100 < given_back


def test_settings_of_the_user_stay() -> None:
    assert faults("keep", MALLOC_TRIM_THRESHOLD_="1000")[0] == "False"
