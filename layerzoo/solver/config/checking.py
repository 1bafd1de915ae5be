"""Check a solver and its nets before anything is built; collect all faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from layerzoo.engine.precision.layer_precision import precision_faults, precision_warnings
from layerzoo.errors import ConfigError, Fault, in_text_order
from layerzoo.graph import Graph, Unknown, insert_splits
from layerzoo.layer import LAYERS
from layerzoo.loader import Document
from layerzoo.lr_policy import check_policy
from layerzoo.net import graph_of
from layerzoo.nodes import Node
from layerzoo.nodes.override import ARGUMENT
from layerzoo.optimizer import UpdatePlan, WeightAverage, check_rule
from layerzoo.schema import NetState, SolverParameter
from layerzoo.solver.config.averaging import averaging_faults, averaging_warnings
from layerzoo.solver.config.global_batch import batch_faults, batch_warnings, lr_scale, with_shares
from layerzoo.solver.config.idle import idle_fields
from layerzoo.solver.config.length import check_epochs, check_length, with_placeholders
from layerzoo.solver.config.nets import (
    NetPlan,
    named_nets,
    stage_plans,
    test_plans,
    train_plan,
    untested_faults,
)
from layerzoo.solver.config.sharding import sharding_faults, sharding_net_faults, sharding_warnings
from layerzoo.solver.config.startup import source_faults, startup_faults
from layerzoo.solver.config.update_values import update_faults
from layerzoo.solver.config.updates import ResolvedUpdates, resolve_updates
from layerzoo.solver.config.values import value_faults, value_warnings
from layerzoo.solver.learning_rate import LRScale
from layerzoo.solver.testing.pooled import check_evaluation
from layerzoo.solver.testing.score import check_score


@dataclass
class Checked:
    """The graphs of a solver without faults.

    Attributes:
        train: the training net's graph.
        test: graph and number of batches (None for the whole set) of each test net.
        updates: the updates, if the solver has several.
        warnings: legal settings that are likely mistakes.
        lr_scale: the factor on the learning rate.
    """

    train: Graph
    test: list[tuple[Graph, int | None]]
    updates: list[UpdatePlan] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    lr_scale: LRScale = field(default_factory=LRScale)

    def with_splits(self) -> Checked:
        """The same with the nets' implicit splits as layers; the graphs are changed in place."""
        test = [(insert_splits(graph, LAYERS), count) for graph, count in self.test]
        return replace(self, train=insert_splits(self.train, LAYERS), test=test)


def check_solver(
    solver: SolverParameter | Document[SolverParameter],
    level: int = 0,
    stages: Sequence[str] = (),
    found: Sequence[Fault] = (),
    lenient: bool = False,
    starts: bool = False,
    processes: int = 1,
) -> Checked:
    """Check a solver and wire its nets.

    Args:
        solver: its message or document.
        level, stages: added to the training net's state.
        found: faults of loading; they are raised together with the others.
        lenient: leave out layers of unknown type; warn about messages that no layer reads.
        starts: check too whether training can start.
        processes: number of processes that train together.

    Raises:
        ConfigError: with every fault of the solver and of its nets in all their states.
    """
    param = solver.message if isinstance(solver, Document) else solver
    root = solver.root if isinstance(solver, Document) else None
    settled = with_placeholders(param)
    rule_faults = update_faults(param) if param.update else check_rule(param)
    faults = [*check_policy(settled), *rule_faults, *check_length(param)]
    faults += [] if rule_faults else [*batch_faults(param), *averaging_faults(param), *sharding_faults(param)]
    faults += [*untested_faults(settled), *WeightAverage.faults(param.ema_param)]
    refused = {fault.field for fault in faults}
    faults += [fault for fault in value_faults(param) if fault.field not in refused]
    if root is not None and any(_in_solver(fault, root) for fault in found):
        # A field that seems to be missing may be in text that could not be parsed.
        faults = [fault for fault in faults if _of_a_value(fault, root)]
    faults = [*found, *(_located(fault, root) for fault in faults)]
    graphs: list[tuple[Graph, int | None]] = []
    updates, staged, scale = ResolvedUpdates(), list[Graph](), LRScale()

    def wire(plans: Sequence[NetPlan]) -> None:
        for plan in plans:
            try:
                unknown: Unknown = "show" if lenient else "error"
                graph = graph_of(plan.source, plan.state, unknown, _of_net(plan, found))
            except ConfigError as error:
                faults[:] = dict.fromkeys((*faults, *error.faults))
            else:
                graphs.append((graph, plan.iterations))

    try:
        nets = named_nets(solver)
        wire(with_shares([train_plan(param, nets, NetState(level=level, stage=stages))], param, processes))
        trained = list(graphs)
        wire(test_plans(settled, nets))
        ends = len(graphs)
        if not rule_faults:
            plans = stage_plans(param, nets, NetState(level=level, stage=stages))
            wire(with_shares(plans, param, processes))
        graphs, staged = graphs[:ends], [graph for graph, _ in graphs[ends:]]
        if not faults:
            tested = [graph for graph, _ in graphs[1:]]
            found_here = [*check_score(param, tested), *check_evaluation(param, tested)]
            faults += [_located(fault, root) for fault in found_here]
            faults += [_located(fault, root) for fault in check_epochs(param, trained[0][0])]
        if not faults:
            updates = resolve_updates(param, trained[0][0], staged)
            faults += [_located(fault, root) for fault in updates.faults]
            scale = lr_scale(param, trained[0][0], processes)
    except ConfigError as error:
        if not found:  # a net that could not be loaded is among those
            faults += [_located(fault, root) for fault in error.faults]
    wired = [graph for graph, _ in graphs]
    faults += [_located(fault, root) for fault in precision_faults(param, () if faults else wired)]
    if not faults:
        faults += [_located(fault, root) for fault in sharding_net_faults(param, trained[0][0])]
    if starts and not faults:
        run = [*graphs[1:], *((graph, None) for graph in staged)]
        faults += [_located(fault, root) for fault in startup_faults(param, wired[0], run)]
    if faults:
        raise ConfigError(in_text_order(faults))
    warnings = [*precision_warnings(param, wired), *idle_fields(param), *value_warnings(param)]
    warnings += [*updates.warnings, *batch_warnings(param, scale), *averaging_warnings(param, processes)]
    warnings += sharding_warnings(param, processes)
    warnings = [_located(warning, root) for warning in warnings]
    for graph in (*wired, *staged):
        said = list(graph.warnings)
        said += [Fault(f"left out: {why}", layer=name) for name, why in graph.skipped]
        said += [Fault(f"unknown: {why}", layer=name) for name, why in graph.missing]
        warnings += said
    return Checked(graphs[0][0], graphs[1:], updates.plans, list(dict.fromkeys(warnings)), scale)


def check_run(
    solver: Document[SolverParameter],
    level: int = 0,
    stages: Sequence[str] = (),
    found: Sequence[Fault] = (),
    processes: int = 1,
) -> Checked:
    """Check a solver as `check_solver` does, and whether ``layerzoo train`` can reach its first iteration.

    Raises:
        ConfigError: with every fault.
    """
    checked = check_solver(solver, level, stages, found, starts=True, processes=processes)
    faults = source_faults(solver, checked.train, checked.test)
    if faults:
        raise ConfigError(in_text_order([_located(fault, solver.root) for fault in faults]))
    return checked


def _of_net(plan: NetPlan, found: Sequence[Fault]) -> list[Fault]:
    """The faults in the text of a plan's net."""
    if not isinstance(plan.source, Document):
        return []
    source = plan.source.root.source
    return [fault for fault in found if fault.origin is not None and fault.origin.source is source]


def _in_solver(fault: Fault, root: Node) -> bool:
    """Whether a fault of loading is in the solver's own text, or in an argument that changes a config."""
    return fault.origin is not None and (
        fault.origin.source is root.source or fault.origin.source.name == ARGUMENT
    )


def _of_a_value(fault: Fault, root: Node) -> bool:
    """Whether a fault is about a value that is present, not about a missing one."""
    missing = "not given" in fault.message or " needs " in fault.message
    return not missing and fault.field is not None and root.find(fault.field) is not None


def _located(fault: Fault, root: Node | None) -> Fault:
    """A fault that names a field, with the field's position in the text."""
    if fault.origin is not None or root is None:
        return fault
    node = root.find(fault.field) if fault.field else None
    if node is None:
        return replace(fault, origin=root.children[0].origin) if root.children else fault
    return replace(fault, origin=node.origin if node.text is None else node.value_origin)
