"""The numbers of system calls, against those that Python's own library and the C headers know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layerzoo.reader.system_calls import TABLES, Calls

HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}
NAMES = ("openat", "clone", "tgkill", "prlimit64", "seccomp", "socket", "connect", "execve", "kill", "ptrace")
KNOWN = {
    "x86_64": (257, 56, 234, 302, 317, 41, 42, 59, 62, 101),
    "aarch64": (56, 220, 131, 261, 277, 198, 203, 221, 129, 117),
}


@pytest.mark.parametrize("machine", TABLES)
def test_important_calls_are_in_the_tables(machine: str) -> None:
    calls: Calls = TABLES[machine]
    numbers = dict(zip(NAMES, KNOWN[machine], strict=True))
    assert numbers["openat"] in dict(calls.opens)
    assert (calls.clone, calls.signal_thread) == (numbers["clone"], numbers["tgkill"])
    assert (calls.limits, calls.seccomp) == (numbers["prlimit64"], numbers["seccomp"])
    assert {numbers[name] for name in NAMES[5:]} <= set(calls.refused)


@pytest.mark.parametrize("machine", TABLES)
def test_numbers_are_those_of_the_headers(machine: str) -> None:
    for header in map(Path, HEADERS[machine]):
        if header.is_file():
            found = dict(re.findall(r"#define __NR3?264?_?(\w+)\s+(\d+)", header.read_text()))
            for name, number in zip(NAMES, KNOWN[machine], strict=True):
                assert int(found.get(name, number)) == number
