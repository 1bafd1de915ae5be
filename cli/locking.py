"""Lock the files of a run before anything is built."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from layerzoo.loader import Document
    from layerzoo.ranks import Ranks
    from layerzoo.schema import SolverParameter

log = logging.getLogger("layerzoo")


def lock_prefix(document: Document[SolverParameter], ranks: Ranks, new: bool, dry_run: bool) -> None:
    """Lock the ``snapshot_prefix`` of a solver until the command ends; all processes have to call it.

    Args:
        document: the solver; with ``new`` its ``snapshot_prefix`` is changed.
        ranks: the processes that train together, of which the main one locks.
        new: use the first of ``PREFIX``, ``PREFIX-2``, … that no run has used.
        dry_run: nothing is locked.

    Raises:
        RunLockedError: another process has locked it.
    """
    from layerzoo.run_lock import RunLock, next_free
    from layerzoo.solver.snapshots.saver import default_prefix

    prefix = document.message.snapshot_prefix or default_prefix(document)

    def lock() -> str:
        run = next_free(prefix) if new else RunLock(prefix)
        if new or (not dry_run and run.acquire_if_possible()):
            click.get_current_context().call_on_close(run.release)
        return run.prefix

    chosen = ranks.on_main(lock)
    if new:
        document.message.snapshot_prefix = chosen
        log.info("Training in %s.run, as -new says", chosen)
