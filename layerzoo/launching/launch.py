"""Launch: start the processes, again after a death, and say how the run has ended."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from errno import EACCES, EDQUOT, EIO, ENOENT, ENOSPC, EROFS
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from layerzoo.connections import GONE
from layerzoo.errors import LayerzooError
from layerzoo.launching.agent import run_attempt
from layerzoo.launching.folder import LaunchFolder
from layerzoo.launching.machines import RETURN_TIME, Machines
from layerzoo.launching.member import RunEndedError
from layerzoo.launching.relay import Relay
from layerzoo.launching.request import Request
from layerzoo.launching.store import HostLostError
from layerzoo.launching.verdict import TERMINATED, Report, Verdict, judge

log = logging.getLogger("layerzoo")

_MINUTE: Final = 60
_UNWRITABLE: Final = frozenset({ENOSPC, EDQUOT, EROFS, EACCES, EIO, ENOENT})
"""Errors of a folder that can't be written to; the last one is that of a machine without a usable one."""


class TemporaryFolderError(LayerzooError):
    """The processes can't be started: the temporary folder can't be written to."""


def launch(asked: Request, words: Sequence[str]) -> int:
    """Run a command line in several processes; returns its exit code.

    Args:
        asked: the processes, and how often they may be started again.
        words: the command line, without the name of the program.

    Raises:
        RunEndedError: a process or a machine is lost and no restart is left, or another machine has ended it.
        TemporaryFolderError: the temporary folder can't be written to.
        UsageError: the machines don't meet.
    """
    with ExitStack() as stack, Relay() as relay, Machines(asked) as machines:
        with _temporary_folder():
            path = stack.enter_context(
                TemporaryDirectory(prefix="layerzoo-launch-", ignore_cleanup_errors=True)
            )
            folder = LaunchFolder(Path(path))
            folder.write_words(words)
        if asked.rendezvous:
            log.info("Waiting for %d machines at %s", asked.machines, asked.rendezvous)
        return _attempts(asked, machines, folder, relay)


def _attempts(asked: Request, machines: Machines, folder: LaunchFolder, relay: Relay) -> int:
    number, cause, prefix = 0, "", None
    while True:
        report = None
        try:
            attempt = machines.join(number, cause, prefix)
            number = attempt.number
            with _temporary_folder(attempt.cause):
                folder.write_attempt(number, attempt.cause, attempt.prefix)
                report = run_attempt(asked, attempt.rendezvous, machines, folder, relay)
            verdict = machines.agree(report, number)
        except HostLostError:
            machines.forget_host()
            if report is None:
                log.warning("%s; trying to reach it again", _host_lost(asked))
                continue
            host = asked.rendezvous.rpartition(":")[0]
            verdict = judge([report], [host], number, asked.restarts, _host_lost(asked))
        if verdict.code is not None:
            return _end(verdict, verdict.code, report, relay)
        number, cause, prefix = number + 1, verdict.cause, report.prefix
        again = "; starting again from the newest snapshot (restart %d of %d)"
        if verdict.absent:
            again += f", once the same command runs again on machine {', '.join(verdict.absent)}: within "
            again += f"{RETURN_TIME / _MINUTE:.0f} minutes"
        log.warning(f"%s{again}", cause, number, asked.restarts)


@contextmanager
def _temporary_folder(cause: str = "") -> Iterator[None]:
    """Turn an error of a temporary file into a message with the fix.

    Args:
        cause: why the processes are started again, if they are.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        before = f"{cause}, and " if cause else ""
        after = "; the same command with -resume auto goes on from the newest snapshot" if cause else ""
        named = f" to '{error.filename}'" if error.filename else ""
        raise TemporaryFolderError(
            f"{before}the processes can't be started: can't write{named} in the folder of temporary files "
            f"({error.strerror or error}); free space there, or set TMPDIR to a folder on another disk{after}"
        ) from error


def _host_lost(asked: Request) -> str:
    host = asked.rendezvous.rpartition(":")[0]
    return (
        f"the connection to machine {host}, which holds the rendezvous, is lost: its launch was killed, or "
        f"it has not answered for {GONE} s"
    )


def _end(verdict: Verdict, code: int, report: Report, relay: Relay) -> int:
    """The exit code of the run; its message is raised where no process has told it."""
    if not verdict.text or any(each.rank == verdict.told_by for each in report.ended):
        return code
    if relay.interrupted:
        raise KeyboardInterrupt
    if relay.terminated:
        return TERMINATED
    raise RunEndedError(verdict.text, code)
