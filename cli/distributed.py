"""Run a command in several processes that ``torchrun`` has started."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from layerzoo.ranks import Ranks


_REPORT_TIME = 0.5
"""Seconds to wait for the process that reports an error; ``torchrun`` kills all once one has ended."""


def distributed(command: Callable[..., int]) -> Callable[..., int]:
    """Connect the processes of a command, which receives them as ``ranks``; for use as a decorator.

    Only the main process logs below the level of errors. An error that all processes raise is printed by one.

    Raises:
        UsageError: the processes can't connect.
    """

    @wraps(command)
    def run(**kwargs: Any) -> int:
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

    return run


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
    """Whether another process reports the same error, or the error that caused the loss of a peer."""
    from layerzoo.ranks import PeerLostError

    others = ranks.increment("an error") > 1
    same = ranks.increment(f"{type(error).__name__}: {error}") > 1
    return same or (others and isinstance(error, PeerLostError))
