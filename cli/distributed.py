"""Run a command in several processes that train one net: start them, or join those that run already."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from layerzoo.cli import gflags

if TYPE_CHECKING:
    from layerzoo.launching import Request
    from layerzoo.ranks import Ranks


_REPORT_TIME = 0.5
"""Seconds to wait for another process that reports an error; what launches ends all once one has ended."""
_TERMINATED = 75

_FLAGS = (
    gflags.flag(
        "processes",
        metavar="N",
        type=click.IntRange(1, 1024),
        help="Train in N processes on this machine: the batches of all make one. -gpu 0,1 and -gpu all start "
        "one for each GPU.",
    ),
    gflags.flag(
        "machines",
        metavar="N",
        type=click.IntRange(1, 100_000),
        help="With -rendezvous: the number of machines that train together; give the command on each.",
    ),
    gflags.flag(
        "rendezvous",
        metavar="HOST:PORT",
        help="Where several machines meet: the name of one of them, which runs the main process, and a free "
        "port there.",
    ),
    gflags.flag(
        "restarts",
        metavar="N",
        type=click.IntRange(0, 100_000),
        default=0,
        show_default=True,
        help="If a process dies, start all again from the newest snapshot, up to N times; give the same N "
        "on each machine.",
    ),
)


def distributed(command: Callable[..., int]) -> Callable[..., int]:
    """Run a command in as many processes as its flags ask for; for use as a decorator.

    The command gets their ``ranks``. It has a flag ``-gpu``, to which this adds ``-processes``,
    ``-machines``, ``-rendezvous`` and ``-restarts``. Where another program has started the processes, they
    are joined. Only the main process logs below the level of errors. An error that all processes raise is
    printed by one.

    Raises:
        UsageError: the flags contradict each other, or the processes can't connect.
    """

    @wraps(command)
    def run(
        processes: int | None = None,
        machines: int | None = None,
        rendezvous: str | None = None,
        restarts: int = 0,
        **kwargs: Any,
    ) -> int:
        from layerzoo.launching import join

        if not join(os.environ, meeting=rendezvous is not None):
            asked = _request(kwargs.get("gpu"), processes, machines, rendezvous, restarts)
            if asked is not None:
                os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # torch logs a trace of a lost machine
                from layerzoo.launching.launch import launch

                return launch(asked, click.get_current_context().find_root().obj)
        ranks = _connect()
        try:
            return command(ranks=ranks, **kwargs)
        except click.exceptions.Exit:
            raise
        except Exception as error:
            if _is_reported(error, ranks):
                time.sleep(_REPORT_TIME)
                raise click.exceptions.Exit(getattr(error, "exit_code", 1)) from error
            raise

    for each in reversed(_FLAGS):
        run = each(run)
    return run


def _request(
    gpu: Any, processes: int | None, machines: int | None, rendezvous: str | None, restarts: int
) -> Request | None:
    """The processes to start; None if this one trains alone."""
    from layerzoo.launching import request

    def count_gpus() -> int:
        import torch

        return torch.cuda.device_count()

    return request(gpu, processes, machines, rendezvous, restarts, count_gpus, os.environ)


def _connect() -> Ranks:
    """Connect to the processes started with this one; set ``caffe.solver_count()`` and ``solver_rank()``."""
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # torch logs a trace when a peer is lost
    from layerzoo.log import LOGGER
    from layerzoo.ranks import Ranks

    ranks = Ranks.from_environment()
    if ranks.count > 1:
        from layerzoo.pycaffe import state

        state.set_solver_count(ranks.count)
        state.set_solver_rank(ranks.rank)
        state.set_multiprocess(True)
    if not ranks.is_main:
        LOGGER.setLevel("ERROR")
    return ranks


def _is_reported(error: Exception, ranks: Ranks) -> bool:
    """Whether something else reports the same error, or the error that caused the loss of a peer."""
    from layerzoo.launching import LaunchFolder
    from layerzoo.ranks import PeerLostError

    folder = LaunchFolder.current()
    if isinstance(error, PeerLostError) and folder is not None:
        folder.write_lost(ranks.rank, str(error))
        return True  # what launched the processes says which one has died
    if not ranks.is_main:
        if getattr(error, "exit_code", 1) == _TERMINATED:  # all stop at once
            return True
        time.sleep(_REPORT_TIME)  # the main process speaks for all
    others = ranks.increment("an error") > 1
    same = ranks.increment(f"{type(error).__name__}: {error}") > 1
    return same or (others and isinstance(error, PeerLostError))
