"""Run inputs in this process, with limits: accepted, refused by a LayerzooError, or a finding."""

from __future__ import annotations

import logging
import os
import resource
import shutil
import signal
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from layerzoo.errors import LayerzooError
from tests.fuzz.kinds import Kind

MAX_MESSAGE = 200_000
"""Longest message of an error, in characters."""
HANG_SECONDS = 20.0
"""CPU time after which a reader is interrupted."""
_ROOT = str(Path(__file__).parents[2])


class TimeLimit(BaseException):
    """An input took too long; not an Exception, so that no reader catches it."""


@dataclass(frozen=True)
class Result:
    """What became of an input.

    Attributes:
        status: ``accepted``, ``refused`` or ``failed``.
        seconds: CPU time.
        grown: bytes that the largest memory of the process grew by.
        what: of a failure, the kind and place of the error, by which equal failures are recognised.
        details: of a failure, the traceback.
    """

    status: str
    seconds: float
    grown: int
    what: str = ""
    details: str = ""


class _Format(logging.Handler):
    """Formats every record, as a log would; an error in doing so is the caller's."""

    def emit(self, record: logging.LogRecord) -> None:
        record.getMessage()


@contextmanager
def prepared() -> Iterator[Path]:
    """Prepare the process: warnings are errors, the log is formatted, zoo and working folder are empty."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    work = folder / "a" / "b" / "c"  # paths with .. stay inside
    work.mkdir(parents=True)
    before = Path.cwd()
    logger = logging.getLogger("layerzoo")
    logger.handlers[:], logger.propagate = [_Format()], False
    logger.setLevel(logging.INFO)
    os.environ |= {"LAYERZOO_HOME": str(folder / "home"), "LAYERZOO_OFFLINE": "1"}
    os.environ.pop("LAYERZOO_STORES", None)
    os.chdir(work)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield work
    finally:
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)


def run(kind: Kind, data: bytes, work: Path) -> Result:
    """Give an input to the readers of its kind; beyond the limits it is tried again: imports count too."""
    result = _run(kind, data, work)
    if result.status != "failed" and (result.seconds > kind.seconds or result.grown > kind.memory):
        _reset_peak()
        result = _run(kind, data, work)
        if result.seconds > kind.seconds:
            what = f"slow: {result.seconds:.1f} s"
            return Result("failed", result.seconds, result.grown, "slow", what)
        if result.grown > kind.memory:
            return Result("failed", result.seconds, result.grown, "memory", f"memory: {result.grown:,} bytes")
    return result


def _run(kind: Kind, data: bytes, work: Path) -> Result:
    folder = Path(tempfile.mkdtemp(dir=work))
    before, start = _peak(), time.process_time()
    what = details = ""
    try:
        with _limited(HANG_SECONDS):
            try:
                kind.read(data, folder)
                status = "accepted"
            except LayerzooError as error:
                status = "refused"
                what = _fault_of(str(error))
                details = str(error)[:2000]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        what, details = place_of(error), traceback.format_exc()
    seconds = time.process_time() - start
    with suppress(OSError):
        shutil.rmtree(folder)
    return Result("failed" if what else status, seconds, _peak() - before, what, details)


def _fault_of(message: str) -> str:
    """What is wrong with an error's message; empty if nothing is."""
    if not message.strip():
        return "an error without a message"
    return f"a message of over {MAX_MESSAGE:,} characters" if len(message) > MAX_MESSAGE else ""


def place_of(error: BaseException) -> str:
    """Type of an error and the last place in Layerzoo's code that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f.filename.startswith(_ROOT) and "/tests/fuzz/running" not in f.filename]
    last = own[-1] if own else frames[-1] if frames else None
    where = f" at {last.filename.removeprefix(_ROOT + '/')} in {last.name}" if last else ""
    return f"{type(error).__name__}{where}"


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    def expire(number: int, frame: FrameType | None) -> NoReturn:
        raise TimeLimit(f"more than {seconds:.0f} s of CPU time")

    previous = signal.signal(signal.SIGPROF, expire)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _reset_peak() -> None:
    """Begin to count the largest memory anew, where Linux allows it."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
