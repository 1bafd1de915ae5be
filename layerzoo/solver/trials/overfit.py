"""Training on a few batches alone, over and over: a net that can't learn those has a mistake in it."""

from __future__ import annotations

import logging

from layerzoo.data import DataLayer
from layerzoo.errors import UsageError
from layerzoo.solver.solver import Solver

log = logging.getLogger("layerzoo")


def overfit(solver: Solver, batches: int) -> None:
    """Let a solver's training net see the first so many batches only.

    Samples, their order and their augmentation repeat exactly; dropout goes on as ever.

    Raises:
        UsageError: the net reads no source that can be started again.
    """
    sources = solver.net.data_layers
    for layer in sources:
        if not isinstance(layer, DataLayer):
            raise UsageError(f"-overfit: layer '{layer.name}' ({layer.type_name}) can't repeat its batches")
        layer.repeat(batches)
    if not sources:
        raise UsageError("-overfit: the net has no data layer")
    log.info("Training on the first %d batches alone", batches)
