"""The commands that a cluster can run: what they may not be given there, and what a job adds to them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from layerzoo.errors import UsageError

_BY_THE_JOB = "the job sets it"


@dataclass(frozen=True)
class JobCommand(ABC):
    """A command that a job runs.

    Attributes:
        words: its words after its name, as they were given.
        flags: the values of the flags among them by name, in order; ``true`` or ``false`` of switches.
        others: the words that are no flags.
        name: its name.
        refused: the flags that make no sense in a job, each with the reason and the fix.
    """

    words: tuple[str, ...]
    flags: Mapping[str, tuple[str, ...]]
    others: tuple[str, ...] = ()
    name: ClassVar[str]
    refused: ClassVar[Mapping[str, str]]

    @property
    @abstractmethod
    def file(self) -> str:
        """The config that says what is trained.

        Raises:
            UsageError: there is none.
        """

    @abstractmethod
    def added(self, machines: int, gpus: int, processes: int) -> list[str]:
        """The words that the job adds."""

    def check(self, machines: int) -> None:
        """Check that a job on a number of machines can run it.

        Raises:
            UsageError: it can't.
        """
        if "--" in self.words:
            raise UsageError(
                f"{self.name}: leave out '--' in the command, so that the job can add flags to it"
            )
        for name, why in self.refused.items():
            if self.flags.get(name, ("false",))[-1] != "false":
                raise UsageError(f"{self.name} -{name}: {why}")
        assert self.file

    def on(self, machines: int, gpus: int, processes: int) -> list[str]:
        """Its words, with those that the job adds, on a number of machines."""
        return [self.name, *self.words, *self.added(machines, gpus, processes)]

    def value(self, flag: str) -> str:
        """The last value of a flag; empty if it wasn't given."""
        return self.flags.get(flag, ("",))[-1]

    def sets(self, path: str) -> bool:
        """Whether a field of the config is set by ``-set``."""
        return any(value.partition("=")[0].strip() == path for value in self.flags.get("set", ()))


class Train(JobCommand):
    """``layerzoo train``: goes on from the newest snapshot after each restart."""

    name = "train"
    refused: ClassVar[Mapping[str, str]] = {
        "dry_run": "it ends after one step; run it here, before the job",
        "new": "each restart would begin a new run; to begin one, give it a name by -set snapshot_prefix=…",
        "machines": f"{_BY_THE_JOB}: layerzoo launch … -machines N -- train …",
        "rendezvous": f"{_BY_THE_JOB}, from the machines that it gets",
        "stop_machine": "the scheduler takes the machine back when the job ends",
    }

    @property
    def file(self) -> str:
        """The solver."""
        solver = self.value("solver")
        if not solver:
            raise UsageError("train: -solver is required")
        return solver

    def check(self, machines: int) -> None:
        """Check that the job can go on from its own snapshots."""
        super().check(machines)
        for flag in ("resume", "snapshot"):
            if self.value(flag) not in ("", "auto"):
                raise UsageError(
                    f"train -{flag} {self.value(flag)}: each restart would go back to it; "
                    "to begin with its weights: -weights FILE"
                )

    def added(self, machines: int, gpus: int, processes: int) -> list[str]:
        """``-resume auto``, where it computes, and how many machines there are."""
        words = [] if self.value("resume") or self.value("snapshot") else ["-resume", "auto"]
        if "gpu" not in self.flags:
            words += ["-gpu", "none" if not gpus else "0" if gpus == machines == 1 else "all"]
        if not gpus and processes > 1 and "processes" not in self.flags:
            words += ["-processes", str(processes)]
        return [*words, "-machines", str(machines)] if machines > 1 else words


class Tune(JobCommand):
    """``layerzoo tune``: goes on by its journal."""

    name = "tune"
    refused: ClassVar[Mapping[str, str]] = {"table": "it runs nothing; run it here"}

    @property
    def file(self) -> str:
        """The plan."""
        if len(self.others) != 1:
            raise UsageError("tune: name one plan: tune TUNE.YAML")
        return self.others[0]

    def check(self, machines: int) -> None:
        """Check that it runs on one machine."""
        super().check(machines)
        if machines > 1:
            raise UsageError("tune runs its trials on one machine; leave out -machines")

    def added(self, machines: int, gpus: int, processes: int) -> list[str]:
        """The GPUs that trials take turns on, and trials at a time."""
        words = [] if "gpu" in self.flags else ["-gpu", "all" if gpus else "none"]
        trials = max(gpus, processes)
        return words if trials == 1 or "processes" in self.flags else [*words, "-processes", str(trials)]


COMMANDS: Mapping[str, type[JobCommand]] = {one.name: one for one in (Train, Tune)}
"""The commands that a job can run, by name."""


def without_program(words: Sequence[str]) -> list[str]:
    """The words of a command line without ``layerzoo`` before the command.

    Raises:
        UsageError: they don't begin with a command that a job can run.
    """
    own = list(words)
    if own[:1] == ["layerzoo"]:
        del own[0]
    if own and own[0] in COMMANDS:
        return own
    expected = f"{' or '.join(COMMANDS)}, after two dashes: -- train -solver solver.yaml"
    if not own:
        raise UsageError(f"the command to run is missing; expected {expected}")
    raise UsageError(f"a job can't run '{own[0]}'; expected {expected}")
