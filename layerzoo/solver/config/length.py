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
    ``max_epoch`` counts the samples that were read: if batches were of another size before the snapshot that
    the run was resumed from, fewer or more iterations follow.

    Raises:
        ConfigError: no data layer of the training net has data.
    """
    if not param.max_epoch and not param.test_epoch:
        return param
    epoch = iterations_in_pass(param, net)
    if not epoch:
        raise ConfigError(f"max_epoch, test_epoch: the source of net '{net.name}' is still empty")
    found = _resolved(param, epoch, _read_ahead(param, net))
    for epochs, name in ((param.max_epoch, "max_iter"), (param.test_epoch, "test_interval")):
        if epochs:
            log.info("%s: %d (a pass through the data is %g iterations)", name, getattr(found, name), epoch)
    return found


class RunLength:
    """The length of a run in iterations; of ``max_epoch`` by the samples that were read.

    Args:
        given: the solver's config.
        net: the training net.

    Attributes:
        param: the config with epochs converted; its ``max_iter`` follows the samples.
    """

    def __init__(self, given: SolverParameter, net: Net) -> None:
        self._given, self._net = given, net
        self.param = in_iterations(given, net)
        self._tell()

    def follow(self) -> None:
        """Convert ``max_epoch`` anew: a snapshot says how many samples were read."""
        if self._given.max_epoch:
            self.param.max_iter = in_iterations(self._given, self._net).max_iter
            self._tell()

    def _tell(self) -> None:
        self._net.clock.passes = self.param.max_iter * passes_of_iteration(self.param)


def iterations_in_pass(param: SolverParameter, net: Net) -> float:
    """Iterations in a pass through the largest source of a training net; 0 where no source has a size."""
    layers = [layer for layer in net.data_layers if isinstance(layer, DataLayer) and layer.epoch_size]
    passes = (
        layer.epoch_size / layer.batch_size / (net.clock.ranks if layer.distributed else 1)
        for layer in layers
    )
    return max(passes, default=0.0) / passes_of_iteration(param)


def _read_ahead(param: SolverParameter, net: Net) -> float:
    """Iterations whose samples were read beyond those of batches of today's size; negative for fewer."""
    sources = [layer for layer in net.data_layers if isinstance(layer, DataLayer) and layer.epoch_size]
    if not sources:
        return 0.0
    largest = max(sources, key=lambda layer: layer.epoch_size / layer.batch_of_all)
    return largest.offset / largest.batch_of_all / passes_of_iteration(param)


def _resolved(param: SolverParameter, epoch: float, ahead: float = 0.0) -> SolverParameter:
    """A solver with epochs converted, for a number of iterations in an epoch.

    Args:
        param: the solver.
        epoch: iterations in an epoch.
        ahead: iterations by which the samples that were read are ahead of those of the iterations.
    """
    found = SolverParameter()
    found.CopyFrom(param)
    if param.max_epoch > 0:
        last = max(0, ceil(round(min(param.max_epoch * epoch - ahead, _MAX_ITER), 6)))
        found.max_iter = min(last, param.max_iter) if param.HasField("max_iter") else last
    if param.test_epoch > 0:
        found.test_interval = max(1, round(min(param.test_epoch * epoch, _MAX_ITER)))
    return found
