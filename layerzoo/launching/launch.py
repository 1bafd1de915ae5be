"""Launch: start the processes, again after a death, and say how the run has ended."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from errno import EACCES, EDQUOT, EIO, ENOENT, ENOSPC, EROFS
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from torch.distributed.elastic.rendezvous import RendezvousHandler

from layerzoo.connections import keep_alive
from layerzoo.errors import LayerzooError
from layerzoo.launching.agent import Ended, close, make_rendezvous, run_attempt
from layerzoo.launching.folder import IN_ORDER, LaunchFolder
from layerzoo.launching.relay import Relay
from layerzoo.launching.request import Request

log = logging.getLogger("layerzoo")

_PLAIN_ERROR: Final = 1
_TERMINATED: Final = 75
_INTERRUPTED: Final = 130
_UNWRITABLE: Final = frozenset({ENOSPC, EDQUOT, EROFS, EACCES, EIO, ENOENT})
"""Errors of a folder that can't be written to; the last one is that of a machine without a usable one."""
_REPORTED: Final = frozenset({2, 3, 4})
"""Exit codes of errors that a restart can't mend; the process that has them says what is wrong."""


class ProcessLostError(LayerzooError):
    """A process of the run has died."""


class TemporaryFolderError(LayerzooError):
    """The processes can't be started: the temporary folder can't be written to."""


def launch(asked: Request, words: Sequence[str]) -> int:
    """Run a command line in several processes; returns its exit code.

    Args:
        asked: the processes, and how often they may be started again.
        words: the command line, without the name of the program.

    Raises:
        ProcessLostError: a process has died, and no restart is left.
        TemporaryFolderError: the temporary folder can't be written to.
        UsageError: the machines don't meet.
    """
    with ExitStack() as stack, Relay() as relay:
        with _temporary_folder():
            path = stack.enter_context(
                TemporaryDirectory(prefix="layerzoo-launch-", ignore_cleanup_errors=True)
            )
            folder = LaunchFolder(Path(path))
            folder.write_words(words)
        if asked.rendezvous:
            log.info("Waiting for %d machines at %s", asked.machines, asked.rendezvous)
        place = make_rendezvous(asked)
        keep_alive()
        try:
            return _attempts(asked, place, folder, relay)
        finally:
            close(place)


def _attempts(asked: Request, place: RendezvousHandler, folder: LaunchFolder, relay: Relay) -> int:
    cause, attempt = "", 0
    while True:
        with _temporary_folder(cause):
            folder.write_attempt(attempt, cause)
            ended = run_attempt(asked, place, folder, relay)
        code = _exit_code(ended)
        if relay.stopping:
            return _stopped(code, relay)
        if code in IN_ORDER or code in _REPORTED:
            return code
        lost = _lost(ended, folder)
        begun = any(folder.has_begun(each.rank) for each in ended)
        away = folder.lost(each.rank for each in ended) if asked.machines > 1 else None
        if lost is None and not begun and away is None:
            return code
        cause = _cause(lost, asked) if lost is not None else away or "a process failed"
        if attempt == asked.restarts:
            if lost is None and away is None:
                return code
            words = [] if lost is None else _words_of(lost, folder)
            raise ProcessLostError("\n".join([_end(cause, folder, ended, asked), *words]))
        attempt += 1
        log.warning(
            "%s; starting again from the newest snapshot (restart %d of %d)", cause, attempt, asked.restarts
        )


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


def _exit_code(ended: Sequence[Ended]) -> int:
    """The exit code of a run: that of an error of its own, rather than of one that followed from it."""
    codes = [each.code for each in ended]
    own = [code for code in codes if code > _PLAIN_ERROR]
    return min(own) if own else int(any(codes))


def _stopped(code: int, relay: Relay) -> int:
    """The exit code after a signal; processes that had not begun to train have none of their own."""
    if code != _PLAIN_ERROR:
        return code
    if relay.interrupted:
        raise KeyboardInterrupt
    return _TERMINATED


def _lost(ended: Sequence[Ended], folder: LaunchFolder) -> Ended | None:
    """The process that was killed, if one was; the agent ends the others by SIGTERM."""
    lost = [each for each in ended if each.code < 0 and each.failed]
    if any(
        each.code > 0 and folder.lost([each.rank]) is None for each in ended
    ):  # it had an error of its own
        lost = [each for each in lost if each.code != -signal.SIGTERM]
    return min(lost, key=lambda each: each.code == -signal.SIGTERM, default=None)


def _cause(lost: Ended, asked: Request) -> str:
    count = asked.processes * asked.machines
    number = -lost.code
    name = signal.Signals(number).name if number in {*signal.Signals} else f"signal {number}"
    return f"process {lost.rank} of {count} (pid {lost.pid}) was killed by {name}"


def _end(cause: str, folder: LaunchFolder, ended: Sequence[Ended], asked: Request) -> str:
    """The message of a run that a death has ended."""
    text = cause
    if cause.endswith("SIGKILL"):
        text += ", as the system does with a process if memory runs out"
    if asked.restarts:
        text += f"; all {asked.restarts} restarts are used up"
    if any(folder.begun_prefix(each.rank) is not None for each in ended):
        text += "; the same command with -resume auto goes on from the newest snapshot"
    return text


def _words_of(lost: Ended, folder: LaunchFolder) -> list[str]:
    words = folder.last_words(lost.local_rank)
    return ["its last lines:", *(f"  {line}" for line in words)] if words else []
