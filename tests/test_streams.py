"""Standard streams that fail; the programs that use them are tested in tests/cli/test_failing_outputs.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerzoo.streams import BestEffort

ROOT = Path(__file__).parent.parent


def python(program: str, redirected: str) -> subprocess.CompletedProcess[str]:
    """Run a program after ``streams.guard()``, with its streams redirected by the shell."""
    text = f"import os, sys; from layerzoo import streams; {program}"
    command = ["bash", "-c", f'{sys.executable} -c "$PROGRAM" {redirected}']
    environment = {**os.environ, "PROGRAM": text, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_best_effort_reports_the_first_exception_only() -> None:
    reports: list[str] = []
    effort = BestEffort("the bar", reports.append)
    for error in (ValueError("width 0"), OSError(28, "No space left on device")):
        with effort:
            raise error
    assert effort.failed
    assert reports == ["the bar failed: ValueError: width 0; training continues without it"]


def test_best_effort_of_a_file_names_the_reason() -> None:
    reports: list[str] = []
    with BestEffort("x.jsonl", reports.append, "training continues"):
        raise OSError(28, "No space left on device")
    assert reports == ["x.jsonl can't be written: No space left on device; training continues"]


def test_best_effort_passes_an_interrupt() -> None:
    effort = BestEffort("the bar", print)
    with pytest.raises(KeyboardInterrupt), effort:
        raise KeyboardInterrupt
    assert not effort.failed


def test_guard_opens_closed_streams_on_the_null_device() -> None:
    program = (
        "streams.guard(); print('lost'); print('lost', file=sys.stderr); "
        "assert sys.stdin.read() == ''; "
        "names = [os.readlink(f'/proc/self/fd/{n}') for n in range(3)]; "
        "assert names == ['/dev/null'] * 3, names; "
        "assert all(os.get_inheritable(n) for n in range(3)); sys.exit(7)"
    )
    assert python(program, ">&- 2>&- <&-").returncode == 7


def test_guard_keeps_how_a_stream_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = "(s.encoding, s.errors, s.line_buffering, s.write_through, s.fileno(), s.isatty())"
    program = (
        f"facts = lambda: [{shown} for s in (sys.stdout, sys.stderr)]; before = facts(); streams.guard(); "
        "streams.guard(); assert facts() == before; print('grüß'); sys.stderr.write('half'); sys.exit(7)"
    )
    for unbuffered in ("", "1"):
        monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
        done = python(program, "")
        assert (done.returncode, done.stdout, done.stderr) == (7, "grüß\n", "half")


@pytest.mark.parametrize(
    ("redirected", "code"), [("| true", 141), (">/dev/full", 1), (">/dev/null", 0), ("2>/dev/full", 1)]
)
def test_exit_code_of_streams_that_failed(redirected: str, code: int) -> None:
    program = (
        "streams.guard()\nfor n in range(3):\n"
        "    try: print('x' * 10**6); print('y', file=sys.stderr)\n"
        "    except OSError: assert streams.stdout_failed()\n"
        "sys.exit(streams.exit_code(0))"
    )
    done = python(program, f"{redirected}; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_tolerate_ignores_failures_of_stdout() -> None:
    program = (
        "streams.guard(); streams.tolerate(); print('x' * 10**6, flush=True); sys.exit(streams.exit_code(3))"
    )
    done = python(f"{program}", ">/dev/full")
    assert (done.returncode, done.stderr) == (3, "")


def test_failure_is_noted_once() -> None:
    program = (
        "streams.guard(); [print('x', file=sys.stderr) for _ in range(9)]; print(streams.notes); "
        "print(streams.stderr_is_gone())"
    )
    done = python(program, "2>/dev/full")
    note = "stderr can't be written: No space left on device; its lines are lost"
    assert done.stdout == f'["{note}"]\nFalse\n'


def test_stream_that_another_program_made_non_blocking_is_waited_for() -> None:
    program = "streams.guard(); os.set_blocking(1, False); print('x' * 10**6); sys.exit(streams.exit_code(0))"
    done = python(program, "| (sleep 0.5; wc -c); exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, str(10**6 + 1), "")
