"""What a job of a cluster is to run, and on what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from layerzoo.jobs.job_command import JobCommand


@dataclass(frozen=True)
class Job:
    """A job: a command, the machines that run it, and the settings of the cluster.

    Attributes:
        name: its name at the scheduler.
        command: the command.
        machines: machines that train together.
        gpus: GPUs of each machine, with a process each; 0 for the CPU.
        processes: on the CPU, processes of each machine.
        grace: seconds between the signal to stop and the end, in which the snapshot is written.
        settings: the cluster's own settings by name, checked; empty if not given.
        made_by: the command line that asked for it, for the file's first line.
    """

    name: str
    command: JobCommand
    machines: int = 1
    gpus: int = 0
    processes: int = 1
    grace: int = 120
    settings: Mapping[str, str] = field(default_factory=dict)
    made_by: str = ""

    def setting(self, name: str) -> str:
        """A setting of the cluster's own; empty if it wasn't given."""
        return self.settings.get(name, "")

    @property
    def connected(self) -> bool:
        """Whether several machines have to find each other."""
        return self.machines > 1

    @property
    def several(self) -> bool:
        """Whether a machine runs several processes."""
        return max(self.gpus, self.processes) > 1

    def words(self, rendezvous: str = "") -> list[str]:
        """The words of the command that each machine runs.

        Args:
            rendezvous: HOST:PORT, where several machines find each other; empty if the caller adds it.
        """
        words = ["layerzoo", *self.command.on(self.machines, self.gpus, self.processes)]
        return [*words, "-rendezvous", rendezvous] if rendezvous else words


def default_name(file: str) -> str:
    """The name of a job from the file of its solver or plan: ``lenet`` from ``configs/lenet_solver.yaml``."""
    stem = re.sub(r"_(solver|tune)$", "", PurePath(file).stem)
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40].rstrip("-")
    return name if name[:1].isalpha() else f"layerzoo-{name}".rstrip("-")
