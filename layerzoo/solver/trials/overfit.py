"""Training on a few batches alone, over and over: a net that can't learn those has a mistake in it."""

from __future__ import annotations

import logging

from layerzoo.engine.strategies.whole_net import WholeNet
from layerzoo.errors import UsageError
from layerzoo.solver.solver import Solver

log = logging.getLogger("layerzoo")


def overfit(solver: Solver, batches: int) -> None:
    """Let a solver's training net see the first so many batches only.

    The batches are kept in memory, augmentation included; dropout differs from pass to pass.

    Raises:
        UsageError: the net reads no data.
    """
    strategy = solver.engine.strategy
    if not solver.net.data_layers or not isinstance(strategy, WholeNet):
        raise UsageError("-overfit: the net has no data layer")
    strategy.batches.cycle = batches
    log.info("Training on the first %d batches alone", batches)
