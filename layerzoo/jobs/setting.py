"""Settings of a cluster: what a job file takes from the command line as text, and which texts it accepts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from layerzoo.errors import UsageError
from layerzoo.terminal_text import one_line

_DURATION = re.compile(r"(?:([0-9]+)-)?([0-9]+)(?::([0-9]+))?(?::([0-9]+))?")
_MAX_SECONDS = 366 * 86400


@dataclass(frozen=True)
class Setting:
    """One setting of a cluster, a flag of its command.

    A value stands in a file that a scheduler reads, so only texts that match a pattern are accepted: none can
    hold a second line, a further option or a shell's characters.

    Attributes:
        name: the name of the flag.
        metavar: what its value is called in the help.
        help: what it does, one sentence.
        pattern: a regular expression that the whole value has to match.
        expected: what the pattern matches, in words.
        default: the value if it isn't given; empty for none.
    """

    name: str
    metavar: str
    help: str
    pattern: str
    expected: str
    default: str = ""

    def checked(self, value: str | None) -> str:
        """A value that was given, or the default.

        Raises:
            UsageError: it doesn't match the pattern.
        """
        if value is None:
            return self.default
        if not re.fullmatch(self.pattern, value):
            raise UsageError(f"-{self.name}: '{one_line(value)}' is not {self.expected}")
        return value


def seconds_of(text: str) -> int:
    """The seconds of a time in SLURM's forms; 0 for an empty text.

    ``MINUTES``, ``MINUTES:SECONDS``, ``HOURS:MINUTES:SECONDS``, ``DAYS-HOURS``, ``DAYS-HOURS:MINUTES`` and
    ``DAYS-HOURS:MINUTES:SECONDS``.

    Raises:
        UsageError: it is in none of them, no time at all, or more than a year.
    """
    if not text:
        return 0
    match = _DURATION.fullmatch(text)
    parts = [int(part) for part in match.groups()[1:] if part is not None] if match else []
    seconds = 0
    if match and match[1] is not None:
        hours, minutes, rest = [*parts, 0, 0][:3]
        seconds = ((int(match[1]) * 24 + hours) * 60 + minutes) * 60 + rest
    elif len(parts) == 3:
        seconds = (parts[0] * 60 + parts[1]) * 60 + parts[2]
    elif parts:
        minutes, rest = [*parts, 0][:2]
        seconds = minutes * 60 + rest
    if not 0 < seconds <= _MAX_SECONDS:
        raise UsageError(
            f"-time: '{one_line(text)}' is not a time such as 4:00:00, 90 (minutes) or 2-12 (days-hours), "
            "of at most a year"
        )
    return seconds


TIME = Setting(
    "time",
    "TIME",
    "Time limit: 4:00:00, 90 (minutes) or 2-12:00 (days-hours:minutes).",
    r"[0-9:-]{1,20}",
    "a time such as 4:00:00, 90 (minutes) or 2-12 (days-hours)",
)
MEMORY = Setting(
    "memory",
    "SIZE",
    "Memory of a machine, e.g. 64G.",
    r"[1-9][0-9]{0,8}[KMGT]",
    "a size such as 64G or 512M",
)
CPUS = Setting("cpus", "N", "CPU cores of a machine.", r"[1-9][0-9]{0,3}", "a number of cores")
IMAGE = r"[A-Za-z0-9][A-Za-z0-9._/@:-]{0,499}"
"""The pattern of a container image."""
RESTARTS = Setting(
    "restarts",
    "N",
    "Restarts after a failure, such as a process that was killed; faults of config and data are not tried "
    "again, and a stop with a snapshot (exit code 75) isn't counted.",
    r"[0-9]{1,4}",
    "a number from 0 on",
    "3",
)
