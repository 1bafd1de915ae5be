"""Lock this process down: no writing, no network, no new programs, limited memory. Linux only.

Landlock (kernel 5.13) allows reading of some folders and nothing else; seccomp refuses system calls. Both
need no privileges and can't be undone. What the kernel can't hold is reported, never ignored.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from layerzoo.reader.system_calls import TABLES, Calls

WRITING, READING, NETWORK, PROGRAMS = (
    "write files",
    "read other files",
    "use the network",
    "start programs",
)
"""What a sandbox keeps a process from."""

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_NO_NEW_PRIVILEGES = 38
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_PATH_BENEATH = 1
_VERSION = 1
_SYSTEM = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache")
_SECCOMP_FILTER, _ALL_THREADS = 1, 1
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x10000
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06


class Held(NamedTuple):
    """What a kernel holds, or could hold.

    Attributes:
        landlock: version of Landlock; 0 without it.
        seccomp: whether system calls are refused.
    """

    landlock: int
    seccomp: bool

    @property
    def missing(self) -> list[str]:
        """What a process can still do."""
        missing = []
        if not self.landlock and not self.seccomp:
            missing.append(WRITING)
        if not self.landlock:
            missing.append(READING)
        if not self.seccomp:
            missing.append(NETWORK)
        if not self.landlock and not self.seccomp:
            missing.append(PROGRAMS)
        return missing


def can_hold() -> Held:
    """What this machine's kernel can hold, without locking anything down."""
    calls = _calls()
    if calls is None:
        return Held(0, False)
    available = Path("/proc/sys/kernel/seccomp/actions_avail")
    with suppress(OSError):
        return Held(_landlock_version(), "errno" in available.read_text().split())
    return Held(_landlock_version(), False)


def lock_down(paths: Iterable[str], memory: int) -> Held:
    """Lock this process down for ever. It must have imported what it needs, and have one thread.

    Args:
        paths: files or folders that it may still read.
        memory: bytes of address space that it may still take.

    Returns:
        what is held.
    """
    for limit, value in _limits(memory):
        hard = resource.getrlimit(limit)[1]
        lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (lower, lower))
    calls = _calls()
    if calls is None or _libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return Held(0, False)
    one_thread = len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 (names are enough)
    version = _landlock_version() if one_thread and _restrict_files([*_own_files(), *paths]) else 0
    return Held(version, _refuse_calls(calls))


def _limits(memory: int) -> Iterator[tuple[int, int]]:
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
    yield resource.RLIMIT_CORE, 0
    yield resource.RLIMIT_FSIZE, 0
    yield resource.RLIMIT_NOFILE, 64
    if sys.platform == "linux":
        yield resource.RLIMIT_NPROC, 0
        yield resource.RLIMIT_AS, pages * resource.getpagesize() + memory


def _own_files() -> Iterator[str]:
    """Files that modules may need later: the standard library, packages, system libraries, and Layerzoo."""
    yield from _SYSTEM
    yield from {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    yield from (path for path in sys.path if Path(path).name in ("site-packages", "dist-packages"))
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and "." not in module.__name__:
            yield str(Path(file).parent) if Path(file).name == "__init__.py" else file


def _landlock_version() -> int:
    return max(0, _call(_CREATE_RULESET, None, 0, _VERSION))


def _restrict_files(paths: Iterable[str]) -> bool:
    """Allow reading of some files and folders; False if the kernel can't, or won't."""
    version = _landlock_version()
    if not version:
        return False
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    rights = struct.pack("<QQQ", files, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = _call(_CREATE_RULESET, rights, size, 0)
    if ruleset < 0:
        return False
    try:
        for path in dict.fromkeys(paths):
            with suppress(OSError):
                file = os.open(path, os.O_PATH | os.O_CLOEXEC)
                reading = _READ_FILE | (_READ_FOLDER if Path(path).is_dir() else 0)
                _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("<Qi", reading, file), 0)
                os.close(file)
        return _call(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _refuse_calls(calls: Calls) -> bool:
    """Refuse system calls from now on, in all threads; False if the kernel can't, or won't."""
    program = b"".join(_program(calls))
    buffer = ctypes.create_string_buffer(program)
    pointer = struct.pack("<H6xQ", len(program) // 8, ctypes.addressof(buffer))
    return _call(calls.seccomp, _SECCOMP_FILTER, _ALL_THREADS, pointer) == 0


def _program(calls: Calls) -> Iterator[bytes]:
    """The filter: the kind of machine, then the number of the call, then its arguments."""
    number, machine, arguments = 0, 4, 16
    yield _step(_LOAD, machine)
    yield _step(_EQUAL, calls.machine, 1, 0)
    yield _step(_RETURN, _KILL)
    yield _step(_LOAD, number)
    yield _step(_AT_LEAST, 0x40000000, 0, 1)  # another numbering of x86-64
    yield _step(_RETURN, _KILL)
    for refused in calls.refused:
        yield _step(_EQUAL, refused, 0, 1)
        yield _step(_RETURN, _ERROR | _EPERM)
    for absent in calls.absent:
        yield _step(_EQUAL, absent, 0, 1)
        yield _step(_RETURN, _ERROR | _ENOSYS)
    # a call, the index of an argument, and whether one of its bits or another value is refused
    opened = [(call, index, _ANY_BIT, _WRITES, True) for call, index in calls.opens]
    for call, index, test, value, refuses in (
        *opened,
        (calls.clone, 0, _ANY_BIT, _CLONE_THREAD, False),
        (calls.signal_thread, 0, _EQUAL, os.getpid(), False),
        (calls.limits, 0, _EQUAL, 0, False),
    ):
        yield _step(_EQUAL, call, 0, 4)
        yield _step(_LOAD, arguments + 8 * index)
        yield _step(test, value, 1, 0) if refuses else _step(test, value, 0, 1)
        yield _step(_RETURN, _ALLOW)
        yield _step(_RETURN, _ERROR | _EPERM)
    yield _step(_RETURN, _ALLOW)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _calls() -> Calls | None:
    return TABLES.get(platform.machine()) if sys.platform == "linux" and sys.maxsize > 2**32 else None


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: bytes | int | None) -> int:
    """Make a system call; -1 if it fails."""
    typed = [a if a is None or isinstance(a, bytes) else ctypes.c_long(a) for a in arguments]
    call = _libc().syscall
    call.restype = ctypes.c_long
    return int(call(ctypes.c_long(number), *typed))
