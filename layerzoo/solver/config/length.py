"""Length of training and test interval in epochs, converted to iterations."""

from __future__ import annotations

import logging
from math import ceil

from layerzoo.data import DataLayer
from layerzoo.errors import ConfigError, Fault
from layerzoo.graph import Graph
from layerzoo.layer import LAYERS
from layerzoo.net import Net
from layerzoo.optimizer import passes_of_iteration
from layerzoo.schema import SolverParameter

_MAX_ITER = 2**31 - 1

log = logging.getLogger("layerzoo")


def check_length(param: SolverParameter) -> list[Fault]:
    """Faults of the fields that set the length of training; each names its field."""
    return [
        Fault(f"{name} is {getattr(param, name):g}; it has to be 0 or more", field=name)
        for name in ("max_epoch", "test_epoch", "max_time")
        if not getattr(param, name) >= 0
    ]


def check_epochs(param: SolverParameter, trained: Graph) -> list[Fault]:
    """A fault for each field in epochs, if no data layer of the training net knows the size of its source."""
    if any(issubclass(LAYERS[layer.kind.type_name], DataLayer) for layer in trained.layers):
        return []
    return [
        Fault(
            f"{name} is given, but no data layer of net '{trained.name}' knows the size of its source",
            field=name,
            hint=f"give {other} instead",
        )
        for name, other in (("max_epoch", "max_iter"), ("test_epoch", "test_interval"))
        if getattr(param, name)
    ]


def with_placeholders(param: SolverParameter) -> SolverParameter:
    """A solver for checks: ``max_iter`` and ``test_interval`` are set if they will be, to placeholders."""
    return _resolved(param, 1.0)


def in_iterations(param: SolverParameter, net: Net) -> SolverParameter:
    """A solver with ``max_epoch`` and ``test_epoch`` converted to ``max_iter`` and ``test_interval``.

    An epoch is one pass through the largest source of the training net. Both are rounded to whole iterations.

    Raises:
        ConfigError: no data layer of the training net has data.
    """
    if not param.max_epoch and not param.test_epoch:
        return param
    epoch = iterations_in_pass(param, net)
    if not epoch:
        raise ConfigError(f"max_epoch, test_epoch: the source of net '{net.name}' is still empty")
    found = _resolved(param, epoch)
    for epochs, name in ((param.max_epoch, "max_iter"), (param.test_epoch, "test_interval")):
        if epochs:
            log.info("%s: %d (a pass through the data is %g iterations)", name, getattr(found, name), epoch)
    return found


def iterations_in_pass(param: SolverParameter, net: Net) -> float:
    """Iterations in a pass through the largest source of a training net; 0 where no source has a size."""
    layers = [layer for layer in net.data_layers if isinstance(layer, DataLayer) and layer.epoch_size]
    passes = (
        layer.epoch_size / layer.batch_size / (net.clock.ranks if layer.distributed else 1)
        for layer in layers
    )
    return max(passes, default=0.0) / passes_of_iteration(param)


def _resolved(param: SolverParameter, epoch: float) -> SolverParameter:
    """A solver with epochs converted, for a number of iterations in an epoch."""
    found = SolverParameter()
    found.CopyFrom(param)
    if param.max_epoch > 0:
        last = ceil(round(min(param.max_epoch * epoch, _MAX_ITER), 6))
        found.max_iter = min(last, param.max_iter) if param.HasField("max_iter") else last
    if param.test_epoch > 0:
        found.test_interval = max(1, round(min(param.test_epoch * epoch, _MAX_ITER)))
    return found
