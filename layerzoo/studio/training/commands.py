"""Commands that are short, and that a page waits for: they run as processes, since they need torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from layerzoo.errors import UsageError
from layerzoo.home import PACKAGE
from layerzoo.studio.routing.record import read
from layerzoo.studio.training.wish import Problem

_SECONDS: Final = 280
_TAIL: Final = 4000


@dataclass
class Checked:
    """What a check says of a training.

    Attributes:
        problems: what is wrong.
        warnings: what is legal, but unlikely to be meant.
        memory: estimated bytes; ``parts`` says for what.
        available: bytes that the device has.
        device: as torch calls it.
        max_iter: iterations; 0 if epochs end it.
        per_epoch: iterations of an epoch; 0 if that isn't known.
    """

    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    memory: int = 0
    parts: str = ""
    available: int = 0
    device: str = ""
    max_iter: int = 0
    per_epoch: float = 0.0


def check(folder: Path, solver: Path, settings: Sequence[str]) -> Checked:
    """Check a solver as ``layerzoo check`` does, and estimate its memory.

    Raises:
        UsageError: the check itself has failed.
    """
    done = _run(["-m", "layerzoo.studio.training.estimate", str(solver), *settings], folder)
    try:
        return read(Checked, json.loads(done.stdout))
    except ValueError:
        raise UsageError(done.stderr.strip()[-_TAIL:] or "the check has failed") from None


def layerzoo(folder: Path, command: Sequence[str]) -> str:
    """Run a command to its end; returns what it printed.

    Raises:
        UsageError: it has failed, with what it said.
    """
    done = _run(["-m", "layerzoo", *command], folder)
    if done.returncode:
        text = done.stderr.strip()[-_TAIL:].removeprefix("error: ")
        raise UsageError(text or f"exit code {done.returncode}")
    return done.stdout


def _run(words: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        return subprocess.run(
            [sys.executable, "-P", *words],
            check=False,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            env={**os.environ, "PYTHONPATH": path},
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"no answer within {_SECONDS} seconds") from None
