"""Train on a few batches only, repeatedly: a net that can't learn those has a mistake."""

from __future__ import annotations

import logging

from layerzoo.engine.strategies.whole_net import WholeNet
from layerzoo.errors import UsageError
from layerzoo.solver.solver import Solver

log = logging.getLogger("layerzoo")


def overfit(solver: Solver, batches: int) -> None:
    """Restrict training to the first batches.

    They are kept in memory, augmentation included; dropout differs from pass to pass.

    Args:
        solver: the solver.
        batches: number of batches, which are repeated.

    Raises:
        UsageError: the net has no data layer.
    """
    strategy = solver.engine.strategy
    if not solver.net.data_layers or not isinstance(strategy, WholeNet):
        raise UsageError("-overfit: the net has no data layer")
    strategy.batches.cycle = batches
    log.info("Training on the first %d batches only", batches)
