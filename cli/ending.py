"""What a command does after it has ended, in whatever way: ``-when_done`` and ``-stop_machine``.

Where a command starts the processes that train, it alone does this, after all of them have ended; they tell
it by a file what the run has come to. Where another program has started them, the main process runs the
command, and the first process of each machine stops that machine.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from layerzoo.cli import gflags

if TYPE_CHECKING:
    from layerzoo.solver.testing.score import Score

_EXIT_UNSAVED = 5
_COUNTDOWN = 60
"""Seconds before the machine stops."""
_STOP = "LAYERZOO_STOP_MACHINE"
_REPORT = "LAYERZOO_ENDING"
"""The environment variable that names the file in which processes report to the command that started them."""
_MANAGED = {"SLURM_JOB_ID": "SLURM", "KUBERNETES_SERVICE_HOST": "Kubernetes"}
"""Environment variables of schedulers that take a machine back themselves, and their names."""


@dataclass
class Outcome:
    """What a run has come to, on one machine.

    Attributes:
        began: training began.
        facts: the environment variables that say so.
        is_main: the main process is on this machine; None if that isn't known.
    """

    began: bool = False
    facts: dict[str, str] = field(default_factory=dict)
    is_main: bool | None = None


@dataclass
class _Ending:
    """What is asked for.

    Attributes:
        command: the words of the command to run; empty for none.
        stop: the words of the command that stops the machine; empty for none.
        context: of the command that was asked.
        reports_to: the file of the command that has started this process; None if none has.
        reported_in: the file in which processes report to this one; None before it is needed.
        outcome: what the run has come to.
    """

    command: Sequence[str] = ()
    stop: Sequence[str] = ()
    context: click.Context | None = None
    reports_to: Path | None = None
    reported_in: Path | None = None
    outcome: Outcome = field(default_factory=Outcome)


_ending = _Ending()


@contextmanager
def following(run: Path, is_main: bool, score: Score | None) -> Iterator[None]:
    """Note what a run comes to, which trains in a block.

    Args:
        run: the run's folder.
        is_main: whether this is the main process.
        score: the run's score; None if nothing is tested.
    """
    outcome = _ending.outcome
    outcome.began, outcome.is_main, outcome.facts["LAYERZOO_RUN"] = True, is_main, str(run.absolute())
    _report()
    try:
        yield
    finally:
        if score is not None and score.best is not None:
            outcome.facts["LAYERZOO_SCORE"] = f"{score.best:.9g}"
        _report()


def finish(code: int) -> None:
    """Do what was asked for, after a command has ended with an exit code; failures are warnings."""
    global _ending
    ending, _ending = _ending, _Ending()
    if ending.reports_to is not None:
        return
    outcome = ending.outcome
    if ending.reported_in is not None:
        with suppress(OSError, ValueError, TypeError):  # nothing was reported
            outcome = Outcome(**json.loads(ending.reported_in.read_text("utf-8")))
        ending.reported_in.unlink(missing_ok=True)
        os.environ.pop(_REPORT, None)
    if ending.command and _is_main(ending, outcome):
        facts = {"LAYERZOO_RUN": "", "LAYERZOO_SCORE": "", **outcome.facts, "LAYERZOO_EXIT_CODE": str(code)}
        _run(ending.command, facts, "-when_done")
    if ending.stop and os.environ.get("LOCAL_RANK", "0") == "0":
        _stop_machine(ending.stop, outcome, code)


def _is_main(ending: _Ending, outcome: Outcome) -> bool:
    """Whether this is the process that runs the command."""
    if outcome.is_main is not None:
        return outcome.is_main
    machines = ending.context.params.get("machines") if ending.context is not None else None
    if (machines or 1) > 1:
        _say("warning: -when_done is not run: the machines did not meet, so none is the main one")
        return False
    return os.environ.get("RANK", "0") == "0"


def _report() -> None:
    """Tell the command that has started this process what the run has come to so far."""
    if _ending.reports_to is None or os.environ.get("LOCAL_RANK", "0") != "0":
        return
    from layerzoo.atomic import write_atomic

    with suppress(OSError):  # the command is gone
        write_atomic(_ending.reports_to, json.dumps(asdict(_ending.outcome)))


def _run(words: Sequence[str], facts: Mapping[str, str], flag: str) -> None:
    """Run a command; its failure is a warning."""
    import shlex
    import subprocess

    try:
        failed = subprocess.run(words, env={**os.environ, **facts}, check=False).returncode
    except KeyboardInterrupt:
        _say(f"warning: {flag}: {shlex.join(words)}: interrupted")
        return
    except OSError as error:
        _say(f"warning: {flag}: {shlex.join(words)}: {error.strerror or error}")
        return
    if failed:
        _say(f"warning: {flag}: {shlex.join(words)} ended with exit code {failed}")


def _stop_machine(words: Sequence[str], outcome: Outcome, code: int) -> None:
    """Stop the machine after a countdown, unless the run never began or its last snapshot is missing."""
    import time

    if not outcome.began:
        _say("the machine is not stopped: training did not begin")
        return
    if code == _EXIT_UNSAVED:
        _say("the machine is not stopped: the last snapshot could not be written")
        return
    _say(f"the machine stops in {_COUNTDOWN} s; to keep it running: Ctrl-C")
    try:
        time.sleep(_COUNTDOWN)
    except KeyboardInterrupt:
        _say("the machine is not stopped")
        return
    _run(words, {}, "-stop_machine")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _ask(ctx: click.Context) -> None:
    """Find out whether this process reports to another, or others may report to it."""
    _ending.context = ctx
    if _ending.reported_in is not None:
        return
    if _REPORT in os.environ:
        _ending.reports_to = Path(os.environ[_REPORT])
        return
    from tempfile import mkstemp

    handle, name = mkstemp(prefix="layerzoo-ending-")
    os.close(handle)
    _ending.reported_in = Path(name)
    os.environ[_REPORT] = name


def _when_done(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Take the command to run; a click callback."""
    if value is not None and not ctx.resilient_parsing:
        _ending.command = _program(value, "", ctx, param)
        _ask(ctx)


def _stop(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Take the command that stops the machine; a click callback."""
    if not value or ctx.resilient_parsing:
        return
    for variable, name in _MANAGED.items():
        if variable in os.environ:
            message = f"{name} runs this job and takes the machine back when it ends; leave the flag out"
            raise click.BadParameter(message, ctx, param)
    default = "shutdown -h now" if os.geteuid() == 0 else "sudo -n shutdown -h now"
    _ending.stop = _program(os.environ.get(_STOP) or default, f"{_STOP}: ", ctx, param)
    _ask(ctx)


def _program(text: str, what: str, ctx: click.Context, param: click.Parameter) -> list[str]:
    """The words of a command whose program exists: its absence shows before the run, not after."""
    import shlex
    import shutil

    try:
        words = shlex.split(text)
    except ValueError as error:
        raise click.BadParameter(f"{what}{text}: {str(error).lower()}", ctx, param) from error
    if not words:
        raise click.BadParameter(f"{what}the command is empty", ctx, param)
    if shutil.which(words[0]) is None:
        message = f"{what}no program '{words[0]}' here; for commands of a shell: sh -c '…'"
        raise click.BadParameter(message, ctx, param)
    return words


when_done = gflags.flag(
    "when_done",
    metavar="COMMAND",
    callback=_when_done,
    expose_value=False,
    help="Run a command when the run has ended, in whatever way; of a shell only as sh -c '…'. Its "
    "environment has LAYERZOO_RUN (the run's folder), LAYERZOO_EXIT_CODE and LAYERZOO_SCORE.",
)
stop_machine = gflags.switch(
    "stop_machine",
    callback=_stop,
    expose_value=False,
    help="Stop the machine when the run has ended and its last snapshot is written, after a minute in which "
    f"Ctrl-C keeps it running. The command is shutdown -h now, or {_STOP}.",
)
