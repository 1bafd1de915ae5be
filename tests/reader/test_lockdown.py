"""What a locked-down process can't do, tried in one."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from layerzoo.reader.lockdown import NETWORK, PROGRAMS, READING, WRITING, Held, can_hold, lock_down
from layerzoo.reader.system_calls import TABLES

PROGRAM = """
import json, os, resource, socket, subprocess, sys, threading
from pathlib import Path
from layerzoo.reader.lockdown import lock_down

folder = Path(sys.argv[1])
own = os.open(folder / "own", os.O_RDONLY)
held = lock_down([str(folder / "own")], 1 << 28)
results = {}

def attempt(group, name, action):
    try:
        action()
        results[f"{group}: {name}"] = "done"
    except (OSError, MemoryError) as error:
        results[f"{group}: {name}"] = type(error).__name__

attempt("allowed", "read the file", lambda: (folder / "own").read_text())
attempt("allowed", "import", lambda: __import__("wave"))
attempt("allowed", "lower own limits", lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)))
attempt("read other files", "file", lambda: (folder / "other").read_text())
attempt("read other files", "folder", lambda: os.listdir(folder))
attempt("read other files", "secrets", lambda: Path("/proc/1/environ").read_bytes())
attempt("write files", "open", lambda: (folder / "own").open("r+"))
attempt("write files", "append", lambda: (folder / "own").open("a"))
attempt("write files", "create", lambda: (folder / "new").open("w"))
attempt("write files", "shared memory", lambda: open("/dev/shm/layerzoo_test", "w"))
attempt("write files", "truncate", lambda: os.truncate(folder / "own", 0))
attempt("write files", "rename", lambda: os.rename(folder / "own", folder / "moved"))
attempt("write files", "delete", lambda: os.unlink(folder / "other"))
attempt("write files", "link", lambda: os.link(folder / "own", folder / "linked"))
attempt("write files", "symlink", lambda: os.symlink("own", folder / "linked"))
attempt("write files", "folder", lambda: os.mkdir(folder / "folder"))
attempt("write files", "fifo", lambda: os.mkfifo(folder / "fifo"))
attempt("write files", "mode", lambda: os.chmod(folder / "own", 0o777))
attempt("write files", "mode of an open file", lambda: os.fchmod(own, 0o777))
attempt("write files", "time", lambda: os.utime(folder / "own", (0, 0)))
attempt("write files", "attribute", lambda: os.setxattr(folder / "own", "user.a", b"1"))
attempt("use the network", "TCP", lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2])), 5))
attempt("use the network", "UDP", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("use the network", "listen", lambda: socket.create_server(("127.0.0.1", 0)))
attempt("use the network", "local socket", lambda: socket.socket(socket.AF_UNIX))
attempt("start programs", "exec", lambda: os.execv("/bin/true", ["true"]))
attempt("start programs", "spawn", lambda: subprocess.run(["/bin/true"], check=True))
attempt("start programs", "posix_spawn", lambda: os.posix_spawn("/bin/true", ["true"], {}))
attempt("start programs", "fork", lambda: os.fork() or os._exit(0))
attempt("start programs", "signal others", lambda: os.kill(os.getppid(), 0))
attempt("start programs", "limit others", lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CPU))
attempt("always", "memory", lambda: bytearray(1 << 29))
os.write(1, json.dumps([held, results]).encode())
"""


def test_forbidden_operations_are_refused(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("own")
    (tmp_path / "other").write_text("other")
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path), str(server.getsockname()[1])],
            stdout=subprocess.PIPE,
            check=True,
            timeout=60,
        )
    (landlock, seccomp), results = json.loads(done.stdout)
    assert Held(landlock, seccomp) == can_hold()
    missing = {"allowed", *Held(landlock, seccomp).missing}
    assert len(results) > 30
    allowed = {name for name, result in results.items() if result == "done"}
    assert {name for name in allowed if name.partition(":")[0] not in missing} == set()
    assert {name for name in results if name.startswith("allowed")} <= allowed
    if WRITING not in missing:
        assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "own"]
        assert (tmp_path / "own").read_text() == "own"


def test_missing_says_what_a_kernel_can_not_hold() -> None:
    assert Held(7, True).missing == []
    assert Held(1, False).missing == [NETWORK]
    assert Held(0, True).missing == [READING]
    assert Held(0, False).missing == [WRITING, READING, NETWORK, PROGRAMS]


def test_unknown_machines_hold_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerzoo.reader.lockdown._calls", lambda: None)
    monkeypatch.setattr("layerzoo.reader.lockdown._limits", lambda memory: [])
    assert can_hold() == Held(0, False)
    assert lock_down([], 0) == Held(0, False)


def test_tables_name_each_call_once() -> None:
    for calls in TABLES.values():
        judged = [*calls.absent, *dict(calls.opens), calls.clone, calls.signal_thread, calls.limits]
        every = [*calls.refused, *judged]
        assert len(set(every)) == len(every)
        assert calls.seccomp not in every
