"""The record of a process that holds a run's lock, which the message to another run quotes."""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from layerzoo.regular_file import read_bytes
from layerzoo.terminal_text import one_line

_MAX_COMMAND = 200

Record = Mapping[str, Any]
"""Host, process id, command and start of a process; ``boot`` and ``pids`` tell where its id is valid."""


def own_record() -> Record:
    """The record of this process."""
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]) if sys.argv and sys.argv[0] else "python"
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "command": command if len(command) <= _MAX_COMMAND else command[:_MAX_COMMAND] + "…",
        "since": int(time.time()),
        "boot": boot(),
        "pids": pid_namespace(),
    }


def boot() -> str:
    """The identity of the running kernel; the host's name if it can't be read."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except (OSError, ValueError):
        return socket.gethostname()


def pid_namespace() -> str:
    """The namespace in which process ids of this process are valid."""
    try:
        return f"{boot()}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return boot()


def process_exists(pid: object) -> bool:
    """Whether a process exists; any user's."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # of another user
    return True


def read_record(path: Path) -> Record:
    """The record in a lock file; empty if it can't be read."""
    try:
        record = json.loads(read_bytes(path, 1 << 16))
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def refusal(run: str, record: Record) -> str:
    """The message to a run whose files the process of a record uses; ``run`` is the folder."""
    return (
        f"'{run}' is used by another run{process_in(record)}; "
        "wait until it ends, set another snapshot_prefix, or give -new for a numbered folder"
    )


def process_in(record: Record) -> str:
    """The process of a record, after a colon; "" without one."""
    text = described(record)
    return f": {text}" if text else ""


def described(record: Record) -> str:
    """The process of a record, which is text from outside, for a message; "" without one."""
    if not isinstance(record.get("pid"), int):
        return ""
    text = f"process {record['pid']} on host '{record.get('host')}', {record.get('command')}"
    with suppress(TypeError, ValueError, OverflowError, OSError):
        text += f", since {datetime.fromtimestamp(record['since']):%Y-%m-%d %H:%M:%S}"
    return one_line(text)[: 3 * _MAX_COMMAND]
