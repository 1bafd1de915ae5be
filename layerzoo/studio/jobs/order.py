"""What a job runs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Order:
    """A job, as it is asked for.

    Attributes:
        command: arguments of ``layerzoo``.
        folder: where it runs.
        title: what lists call it.
        kind: what it is for: train, data, evaluate, tune, export and so on.
        gpus: how many GPUs it needs; 0 runs on the CPU.
        priority: the higher comes first.
        run: the run's folder that it writes, if it trains.
        user: who asked.
        resumable: a stopped job can go on with the same command and ``-resume auto``.
    """

    command: list[str]
    folder: str
    title: str
    kind: str = "train"
    gpus: int = 0
    priority: int = 0
    run: str = ""
    user: str = ""
    resumable: bool = False

    @property
    def resumed(self) -> list[str]:
        """The command that goes on from where it was; a tune does so by itself."""
        if self.command[:1] != ["train"]:
            return self.command
        return [*_without(self.command, ("new",), ("resume", "snapshot")), "-resume", "auto"]


def _without(command: Sequence[str], switches: Sequence[str], flags: Sequence[str]) -> list[str]:
    """A command without some switches, and flags with their values."""
    kept: list[str] = []
    words = iter(command)
    for word in words:
        name, has_value, _ = word.lstrip("-").partition("=")
        if word.startswith("-") and name in switches:
            continue
        if word.startswith("-") and name in flags:
            if not has_value:
                next(words, None)
            continue
        kept.append(word)
    return kept


def shown(command: Sequence[str]) -> str:
    """A command, as users type it."""
    return shlex.join(["layerzoo", *command])
