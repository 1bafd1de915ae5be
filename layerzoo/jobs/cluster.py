"""Base class and registry of the clusters that jobs are written for."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final, TypeVar

from layerzoo.errors import UsageError
from layerzoo.jobs.job import Job
from layerzoo.jobs.setting import Setting
from layerzoo.registry import Registry
from layerzoo.terminal_text import one_line

PORT: Final = 29500
"""The port where machines of their own, with an address of their own, find each other."""
FAILED_FOR_GOOD: Final = (2, 3, 4)
"""Exit codes that come again: a fault of the config, a loss that isn't finite, damaged data."""
STOPPED: Final = (75, 143)
"""Exit codes of a stop by SIGTERM: with a snapshot, and before training began."""


class Cluster(ABC):
    """A scheduler: writes a job in its format.

    Args:
        job: the job.

    Attributes:
        name: its name, that of the command of ``layerzoo launch``.
        what: what it is, one sentence for the help.
        settings: the settings that it reads.
        suffix: the ending of the files that it reads.
        client: the program that submits a job.
        names: a regular expression of the names of its jobs, and the expectation in words.
    """

    name: ClassVar[str]
    what: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]]
    suffix: ClassVar[str]
    client: ClassVar[str]
    names: ClassVar[tuple[str, str]] = (
        r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?",
        "small letters, digits and dashes, from a letter on, at most 63",
    )

    def __init__(self, job: Job) -> None:
        pattern, expected = self.names
        if not re.fullmatch(pattern, job.name):
            raise UsageError(f"-name: '{one_line(job.name)}' is not a name of {self.name}: {expected}")
        job.command.check(job.machines)
        self.job = job
        self.check()

    @classmethod
    def gpus(cls, asked: int | None, settings: Mapping[str, str]) -> int:
        """The GPUs of a machine.

        Args:
            asked: the number that was asked for; None if none was.
            settings: the cluster's own settings, which may say it, too.
        """
        return asked or 0

    def check(self) -> None:  # noqa: B027 (most clusters check nothing more)
        """Check what the settings say together.

        Raises:
            UsageError: they contradict each other, or one is missing.
        """

    @abstractmethod
    def text(self) -> str:
        """The job file."""

    @abstractmethod
    def submission(self, file: Path) -> list[str]:
        """The command that submits a job file, by the client."""

    def notes(self) -> list[str]:
        """What the user should know before it is submitted."""
        return []

    @property
    def made_by(self) -> str:
        """The comment of the first line of the file: the command line that asked for it."""
        return f"# {one_line(self.job.made_by)}\n" if self.job.made_by else ""


T = TypeVar("T", bound=type[Cluster])
CLUSTERS: Final[Registry[Cluster]] = Registry("cluster", "layerzoo.jobs.clusters")
"""The clusters by name."""


def cluster(cls: T) -> T:
    """Register a cluster under its name; for use as a decorator."""
    CLUSTERS.register(cls.name, cls)
    return cls
