"""Judge an attempt: whether the run has ended, on all machines alike, or starts again, and why."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from layerzoo.launching.folder import IN_ORDER

PLAIN_ERROR: Final = 1
TERMINATED: Final = 75
INTERRUPTED: Final = 130
REPORTED: Final = frozenset({2, 3, 4})
"""Exit codes of errors that a restart can't mend; the process that has them says what is wrong."""
_CONNECTION: Final = "the connection"


@dataclass(frozen=True)
class Ended:
    """How a process of an attempt has ended.

    Attributes:
        rank, local_rank: its number among all processes, and among those of its machine.
        pid: its number on the machine.
        code: its exit code; negative is the number of the signal that killed it.
        failed: whether the agent saw it fail; it may have seen others that it had ended by then.
        lost: why it has lost the others; None if it has not.
    """

    rank: int
    local_rank: int
    pid: int
    code: int
    failed: bool
    lost: str | None = None


@dataclass(frozen=True)
class Report:
    """How an attempt has ended on a machine.

    Attributes:
        machine: its name.
        ended: its processes; empty if none was started.
        begun: whether one has begun to train.
        prefix: the ``snapshot_prefix`` of the run, if it has begun in this attempt or before.
        words: the last lines of the process that was killed.
        stopped: the signal that the launch was asked to stop by; 0 for none.
    """

    machine: str
    ended: Sequence[Ended]
    begun: bool = False
    prefix: str | None = None
    words: Sequence[str] = ()
    stopped: int = 0

    def to_json(self) -> dict[str, Any]:
        """For the store."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """From the store."""
        return cls(**{**value, "ended": [Ended(**each) for each in value["ended"]]})


@dataclass(frozen=True)
class Verdict:
    """What follows from an attempt.

    Attributes:
        code: the exit code of the run; None: it starts again.
        cause: why it starts again.
        text: the message with which it ends; "" if there is nothing to tell.
        told_by: the process that has told more than the text; where it runs, the text is not told.
        absent: the names of machines that have to come back first.
    """

    code: int | None
    cause: str = ""
    text: str = ""
    told_by: int | None = None
    absent: Sequence[str] = field(default=())


def exit_code(ended: Sequence[Ended]) -> int:
    """The exit code of a run: that of an error of its own, rather than of one that followed from it."""
    codes = [each.code for each in ended]
    own = [code for code in codes if code > PLAIN_ERROR]
    return min(own) if own else int(any(codes) or not codes)


def killed(ended: Sequence[Ended]) -> Ended | None:
    """The process that was killed, if one was; the agent ends the others by SIGTERM."""
    found = [each for each in ended if each.code < 0 and each.failed]
    if any(each.code > 0 and each.lost is None for each in ended):  # it had an error of its own
        found = [each for each in found if each.code != -signal.SIGTERM]
    return min(found, key=lambda each: each.code == -signal.SIGTERM, default=None)


def judge(
    reports: Sequence[Report], absent: Sequence[str], attempt: int, restarts: int, absence: str = ""
) -> Verdict:
    """What follows from an attempt.

    Args:
        reports: of the machines, by their number.
        absent: the names of the machines that have given none.
        attempt: its number, from 0.
        restarts: how often the run may be started again.
        absence: why there is none of them.
    """
    ended = [each for report in reports for each in report.ended]
    several = len(reports) + len(absent) > 1
    code = exit_code(ended)
    if (stopped := next((each for each in reports if each.stopped), None)) is not None:
        return _stopped(code, stopped)
    if code in IN_ORDER and not (code == TERMINATED and absent):
        return Verdict(code)
    dead = killed(ended)
    own = [each for each in ended if each.code > 0 and each.lost is None and each.code != TERMINATED]
    silent = _away(ended, several, only_silent=bool(dead or own or absent))
    teller = min(own, key=lambda each: (each.code != code, each.rank), default=None)
    place = "" if teller is None or not several else f" on machine {_machine(reports, teller)}"
    told = Verdict(code)
    if teller is not None:
        text = f"process {teller.rank} of {len(ended)}{place} has ended the run; its own message says why"
        told = Verdict(code, text=text, told_by=teller.rank)
    if code in REPORTED:
        return told
    begun = any(report.begun for report in reports)
    is_lost = dead is not None or silent is not None or bool(absent)
    if not is_lost and (not begun or attempt == restarts):
        return told
    if dead is not None:
        cause = _killed(dead, len(ended), _machine(reports, dead) if several else "")
    elif silent is not None:
        cause = silent
    elif absent:
        cause = absence or f"the launch on machine {absent[0]} was killed, or the machine is off"
    else:
        cause = f"a process{place} failed"
    if attempt < restarts:
        return Verdict(None, cause, absent=absent)
    words = next((report.words for report in reports if dead in report.ended), ()) if dead is not None else ()
    seen = any(report.prefix is not None for report in reports)
    return Verdict(PLAIN_ERROR, cause, _end(cause, restarts, seen, words))


def _stopped(code: int, report: Report) -> Verdict:
    """After a signal; processes that had not begun to train have no exit code of their own."""
    if code != PLAIN_ERROR:
        return Verdict(code)
    is_interrupt = report.stopped == signal.SIGINT
    name = "Ctrl-C" if is_interrupt else signal.Signals(report.stopped).name
    return Verdict(
        INTERRUPTED if is_interrupt else TERMINATED, text=f"stopped by {name} on machine {report.machine}"
    )


def _away(ended: Sequence[Ended], several: bool, only_silent: bool) -> str | None:
    """Why processes have lost others on another machine."""
    reasons = [each.lost for each in ended if each.lost is not None] if several else []
    if only_silent:
        reasons = [each for each in reasons if each.startswith(_CONNECTION)]
    return min(reasons, key=lambda reason: not reason.startswith(_CONNECTION), default=None)


def _machine(reports: Sequence[Report], process: Ended) -> str:
    return next(report.machine for report in reports if process in report.ended)


def _killed(dead: Ended, count: int, machine: str) -> str:
    number = -dead.code
    name = signal.Signals(number).name if number in {*signal.Signals} else f"signal {number}"
    where = f" on machine {machine}" if machine else ""
    return f"process {dead.rank} of {count}{where} (pid {dead.pid}) was killed by {name}"


def _end(cause: str, restarts: int, begun: bool, words: Sequence[str]) -> str:
    """The message of a run that a death has ended."""
    text = cause
    if cause.endswith("SIGKILL"):
        text += ", as the system does with a process if memory runs out"
    if restarts:
        text += f"; all {restarts} restarts are used up"
    if begun:
        text += "; the same command with -resume auto goes on from the newest snapshot"
    lines = ["its last lines:", *(f"  {line}" for line in words)] if words else []
    return "\n".join([text, *lines])
