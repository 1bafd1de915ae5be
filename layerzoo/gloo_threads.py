"""The threads in which gloo runs collective calls, at the end of a process."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_TASKS: Final = Path("/proc/self/task")
_NAME: Final = "pt_gloo_runloop"
_STEP_S: Final = 0.005
_LONGEST_S: Final = 2.0


def wait_until_idle() -> None:
    """Wait until gloo's threads have freed the tensors of the calls that have returned.

    A thread frees them after it has reported the call's end. For that it needs Python; if Python has been
    taken down in the meantime, the process aborts. A thread that waits for another process is idle too. The
    wait ends after 2 seconds, and after 0.1 where the system has no ``/proc``.
    """
    if not _TASKS.is_dir():
        time.sleep(0.1)
        return
    end = time.monotonic() + _LONGEST_S
    before: dict[Path, str] | None = None
    while time.monotonic() < end:
        time.sleep(_STEP_S)  # lets the threads have Python's lock
        now = _activity()
        if now == before and all(state.startswith("S") for state in now.values()):
            return
        before = now


def _activity() -> dict[Path, str]:
    """For each of gloo's threads, its state (S: it sleeps) and how often it has gone to sleep."""
    found = {}
    with suppress(OSError):
        for task in _TASKS.iterdir():
            with suppress(OSError):  # it has ended
                fields = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines())
                if fields["Name"] == _NAME:
                    found[task] = f"{fields['State']} {fields['voluntary_ctxt_switches']}"
    return found
