"""What a command does where ``torchrun`` has started it several times."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from layerzoo.ranks import Ranks


_SPEAKING = 0.5
"""Seconds for the process that speaks; ``torchrun`` ends all as soon as one has ended."""


def together(command: Callable[..., int]) -> Callable[..., int]:
    """Let a command be one of several that train a net together; it is given them as ``ranks``.

    All but the first log nothing but errors, and what all of them run into is said once.

    Raises:
        UsageError: the processes can't find each other.
    """

    @wraps(command)
    def run(**given: Any) -> int:
        ranks = _join()
        try:
            return command(ranks=ranks, **given)
        except click.exceptions.Exit:
            raise
        except Exception as error:
            if _is_said(error, ranks):
                time.sleep(_SPEAKING)
                raise click.exceptions.Exit(getattr(error, "exit_code", 1)) from error
            raise

    return run


def _join() -> Ranks:
    """The processes that were started together.

    Python layers learn of them too, from ``caffe.solver_count()`` and ``caffe.solver_rank()``.
    """
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # it logs a trace of its own where another ends
    from layerzoo.log import LOGGER
    from layerzoo.ranks import Ranks

    ranks = Ranks.started_together()
    if ranks.count > 1:
        from layerzoo.pycaffe import state

        state.set_solver_count(ranks.count)
        state.set_solver_rank(ranks.rank)
        state.set_multiprocess(True)
    if not ranks.leads:
        LOGGER.setLevel("ERROR")
    return ranks


def _is_said(error: Exception, ranks: Ranks) -> bool:
    """Whether another process says the same, or why it ended and so brought this one to its end."""
    from layerzoo.ranks import Deserted

    others = ranks.note("an error") > 1
    return ranks.note(f"{type(error).__name__}: {error}") > 1 or (others and isinstance(error, Deserted))
