"""Applying a function to files in several processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from layerzoo.survey.processes import Ended, run_each


def measured(path: Path) -> int:
    if path.name == "crash":
        os._exit(3)
    if path.name == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
    if path.name == "sleep":
        time.sleep(2.5)
    while path.name == "loop":
        pass
    return len(path.name)


def test_results_come_for_each_file_and_a_crash_affects_only_its_own() -> None:
    files = [Path(name) for name in ("a", "crash", "bb", "ccc")]
    results = dict(run_each(measured, files, processes=2, seconds=60, memory=1 << 30))
    assert results == {
        Path("a"): 1,
        Path("bb"): 2,
        Path("ccc"): 3,
        Path("crash"): Ended("its process exited with code 3"),
    }


def test_no_files_have_no_results() -> None:
    assert list(run_each(measured, [], processes=2, seconds=1, memory=1 << 30)) == []


def test_interrupt_is_left_to_the_parent() -> None:
    """Ctrl-C reaches every process of a terminal; a traceback of each would hide the message."""
    results = list(run_each(measured, [Path("interrupt")], processes=1, seconds=60, memory=1 << 30))
    assert results == [(Path("interrupt"), 9)]


PROGRAM = """
import time
from pathlib import Path
from layerzoo.survey.processes import run_each

def work(path):
    print("working", flush=True)
    time.sleep(2)

if __name__ == "__main__":
    list(run_each(work, [Path("a")], processes=1, seconds=60, memory=1 << 30))
"""


def test_process_whose_parent_is_killed_ends_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "working\n"
        parent.kill()
        assert parent.communicate(timeout=60)[1] == ""  # the end of the process that works, too


def test_limit_counts_cpu_time_and_ends_only_its_own_file() -> None:
    files = [Path(name) for name in ("sleep", "loop", "a")]
    results = dict(run_each(measured, files, processes=1, seconds=2, memory=1 << 30))
    assert results == {
        Path("sleep"): 5,
        Path("loop"): Ended("exceeded the limit of 2 s of CPU time"),
        Path("a"): 1,
    }
