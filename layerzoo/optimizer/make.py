"""Check and create the update rule of a solver's message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from layerzoo.errors import ConfigError, Fault
from layerzoo.optimizer.freeze import freeze, layer_names
from layerzoo.optimizer.full_batch import FullBatchRule
from layerzoo.optimizer.rule import RULES, Moving, UpdateParam
from layerzoo.optimizer.rule_set import RuleSet
from layerzoo.optimizer.update_plan import UpdatePlan
from layerzoo.optimizer.update_rule import UpdateRule
from layerzoo.registry import UnknownNameError
from layerzoo.schema import SolverParameter

AnyRule = UpdateRule | RuleSet | FullBatchRule

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
    solver: SolverParameter,
    params: Sequence[UpdateParam],
    seed: int | None = None,
    updates: Sequence[UpdatePlan] = (),
) -> AnyRule:
    """Create the update rule of a solver's message, or the rules of its updates.

    Params of layers that match ``freeze`` no longer require gradients.

    Args:
        solver: the solver's message.
        params: the net's learnable params in Caffe's order; they are updated in place.
        seed: of the run; None takes ``random_seed``.
        updates: the updates, if the solver has several. Params that no update moves no longer require
            gradients.

    Raises:
        ConfigError: the type is unknown, a field is invalid or doesn't suit the params, or ``freeze`` leaves
            no param to learn.
    """
    _refuse([] if updates else check_rule(solver))
    if solver.freeze:
        params = freeze(solver.freeze, params)
    seed = max(0, solver.random_seed) if seed is None else seed
    if not updates:
        kind = RULES[rule_name(solver)]
        _refuse(kind.net_faults(solver, _moving(params)))
        return cast(UpdateRule | FullBatchRule, kind(solver, params, seed))
    moving = {index for plan in updates for index in plan.params}
    for index, param in enumerate(params):
        if index not in moving:
            param.param.requires_grad_(False)
    rules = [cast(type[UpdateRule], RULES[rule_name(plan.settings)]) for plan in updates]
    for plan, rule in zip(updates, rules, strict=True):
        _refuse(rule.net_faults(plan.settings, _moving(params)))
    return RuleSet(solver, updates, params, rules, seed)


def _moving(params: Sequence[UpdateParam]) -> list[Moving]:
    return [Moving(layer_names(each), each.param.numel()) for each in params if each.lr_mult]


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise ConfigError(faults)
