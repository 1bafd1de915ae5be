"""Check and create the update rule of a solver's message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from layerzoo.errors import ConfigError, Fault
from layerzoo.optimizer.freeze import freeze
from layerzoo.optimizer.full_batch import FullBatchRule
from layerzoo.optimizer.rule import RULES, UpdateParam
from layerzoo.optimizer.update_rule import UpdateRule
from layerzoo.registry import UnknownNameError
from layerzoo.schema import SolverParameter

_OLD_NAMES = {
    SolverParameter.SGD: "SGD",
    SolverParameter.NESTEROV: "Nesterov",
    SolverParameter.ADAGRAD: "AdaGrad",
    SolverParameter.RMSPROP: "RMSProp",
    SolverParameter.ADADELTA: "AdaDelta",
    SolverParameter.ADAM: "Adam",
}


def rule_name(solver: SolverParameter) -> str:
    """The name of a solver's update rule, from ``type`` or the old ``solver_type``."""
    if solver.HasField("solver_type") and not solver.HasField("type"):
        return _OLD_NAMES[solver.solver_type]
    return solver.type


def check_rule(solver: SolverParameter) -> list[Fault]:
    """List all faults in a solver's update rule; each fault names its field."""
    if solver.HasField("solver_type") and solver.HasField("type"):
        return [Fault("both type and the old solver_type are given", field="solver_type", hint="keep type")]
    try:
        return RULES[rule_name(solver)].faults(solver)
    except UnknownNameError as error:
        return [Fault(str(error), field="type", hint=f"the types are {', '.join(RULES)}")]


def make_rule(
    solver: SolverParameter, params: Sequence[UpdateParam], seed: int | None = None
) -> UpdateRule | FullBatchRule:
    """Create the update rule of a solver's message.

    Params of layers that match ``freeze`` no longer require gradients.

    Args:
        solver: the solver's message.
        params: the net's learnable params in Caffe's order; they are updated in place.
        seed: of the run; None takes ``random_seed``.

    Raises:
        ConfigError: the type is unknown, a field is invalid, or ``freeze`` leaves no param to learn.
    """
    faults = check_rule(solver)
    if faults:
        raise ConfigError(faults)
    if solver.freeze:
        params = freeze(solver.freeze, params)
    rule = RULES[rule_name(solver)](solver, params, max(0, solver.random_seed) if seed is None else seed)
    return cast(UpdateRule | FullBatchRule, rule)
