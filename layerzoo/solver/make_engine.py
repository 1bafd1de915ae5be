"""The engine that a solver's config asks for, and the params that it updates."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from layerzoo.data import DataLayer
from layerzoo.engine.debug_info import DebugInfo
from layerzoo.engine.eager import Eager
from layerzoo.engine.loss_scale import LossScale
from layerzoo.engine.precision import apply_precision, has_fp16, switch_tf32
from layerzoo.errors import ConfigError, Fault
from layerzoo.net import Net
from layerzoo.optimizer import FullBatchRule, UpdateParam
from layerzoo.solver.failures.non_finite import make_guard

if TYPE_CHECKING:
    from layerzoo.solver.solver import Solver

log = logging.getLogger("layerzoo")

Build = Callable[["Solver", LossScale | None], Eager]
"""Makes the engine itself, of a solver whose nets and rule are there."""


def eager(solver: Solver, scale: LossScale | None) -> Eager:
    """The whole net under autograd, with Caffe's ``debug_info`` where it is asked for."""
    param, how = solver.param, (solver.net, solver.rule, solver.param.iter_size, scale)
    return DebugInfo(*how, every=param.display) if param.debug_info and param.display else Eager(*how)


def make_engine(solver: Solver, build: Build = eager) -> Eager:
    """The engine of a solver whose nets and rule are there, its nets in their precision, under guard.

    Raises:
        ConfigError: several processes can't follow its rule.
    """
    param = solver.param
    if solver.ranks.count > 1:
        _check_together(solver)
    for net in (solver.net, *solver.test_nets):
        apply_precision(net, param)
    switch_tf32(param, solver.device)
    scale = LossScale(param.loss_scale_param) if has_fp16(solver.net.graph, param) else None
    engine = build(solver, scale)
    engine.ranks = solver.ranks
    engine.guard = make_guard(solver, engine)
    return engine


def _check_together(solver: Solver) -> None:
    """Whether several processes come to what one would come to with larger batches."""
    if isinstance(solver.rule, FullBatchRule):
        hint = "train in one process, or by SGD"
        raise ConfigError(Fault(f"{solver.rule.type_name} needs all data at once", field="type", hint=hint))
    dealt = any(isinstance(layer, DataLayer) and layer.dealt for layer in solver.net.data_layers)
    for layer in solver.net.ordered_layers() if dealt else ():
        if "recurrent_param" in layer.messages:
            log.warning(
                "Layer '%s' goes through sequences, but samples are dealt out to %d processes one by one: "
                "those that are steps of a sequence come apart",
                layer.name,
                solver.ranks.count,
            )


def update_params(net: Net) -> list[UpdateParam]:
    """A net's params as an update rule takes them, in Caffe's order."""
    found = []
    for spec, param in zip(net.graph.params, net.learnable, strict=True):
        layer = spec.users[0][0]
        name = f"{net.graph.layers[layer].name}.{spec.own.name}"
        found.append(UpdateParam(param, spec.lr_mult, spec.decay_mult, name))
    return found
