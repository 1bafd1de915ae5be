"""Kinds that end their process or never answer, to test what becomes of them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from random import Random

from tests.fuzz.kinds import kind


def _number(random: Random) -> bytes:
    return b"%d" % random.randrange(10)


@kind("crashing", _number)
def read_killing(data: bytes, folder: Path) -> None:
    """The process dies of one number in ten."""
    if b"7" in data:
        os.kill(os.getpid(), signal.SIGSEGV)


@kind("leaving", _number)
def read_leaving(data: bytes, folder: Path) -> None:
    """The process leaves without an answer."""
    os._exit(3)


@kind("silent", _number)
def read_silent(data: bytes, folder: Path) -> None:
    """The process waits without using the processor."""
    time.sleep(600)
