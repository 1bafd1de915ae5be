"""Read the plan of a tune, ``tune.yaml``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from layerzoo.errors import ConfigError, Fault, in_text_order
from layerzoo.loader.files import find_config, not_found, read_source
from layerzoo.nodes import Node, yaml
from layerzoo.nodes.override import parse
from layerzoo.source import Origin
from layerzoo.tune.axes import Axis, grid_levels, moved, read_axis
from layerzoo.tune.fields import Fields
from layerzoo.tune.optuna_search import Pruning, TPESearch
from layerzoo.tune.search import GridSearch, OneAtATime, RandomSearch, Search

MAX_TRIALS: Final = 100_000
MAX_AXES: Final = 100
_KEYS: Final = (
    "solver",
    "set",
    "weights",
    "axes",
    "maximise",
    "minimise",
    "phase",
    "take",
    "search",
    "trials",
    "seed",
    "prune",
)
_PRUNE_KEYS: Final = ("percentile", "first", "warmup")
_MAX_SEED: Final = 2**31 - 1


@dataclass(frozen=True)
class Prune:
    """When trials that fall behind are ended.

    Attributes:
        percentile: the share of trials, in percent, that go on.
        first: finished trials before any is ended.
        warmup: iterations of a trial before it is ended.
    """

    percentile: float = 50.0
    first: int = 5
    warmup: int = 0

    @property
    def described(self) -> str:
        """The same text for equal settings."""
        return f"percentile {self.percentile:g}, first {self.first}, warmup {self.warmup}"


@dataclass
class Plan:
    """What is tuned, by which search.

    Attributes:
        path: the file.
        root: its node tree.
        solver: file of the solver.
        settings: ``PATH=VALUE`` of the ``-set`` that all trials have.
        weights: weights that all trials begin with.
        axes: the settings that are tuned.
        metric: name of the score, with ``#1`` for that of the second test net.
        maximise: larger is better.
        phase: ``TEST`` or ``TRAIN``, the net whose score it is.
        take: ``last`` or ``best`` of the values of a trial.
        search: ``grid``, ``one_at_a_time``, ``random`` or ``tpe``.
        trials: number of trials.
        seed: seed of the search, and of the training of a solver that has none.
        prune: when trials that fall behind are ended; None for never.
    """

    path: Path
    root: Node
    solver: Path = Path()
    settings: list[str] = field(default_factory=list)
    weights: list[str] = field(default_factory=list)
    axes: list[Axis] = field(default_factory=list)
    metric: str = ""
    maximise: bool = True
    phase: str = "TEST"
    take: str = "last"
    search: str = "grid"
    trials: int = 0
    seed: int = 0
    prune: Prune | None = None

    @property
    def facts(self) -> dict[str, str]:
        """What must be the same when the tune goes on; more trials may be asked for."""
        solver = self.root.first("solver")
        return {
            "solver": (solver.text if solver is not None else None) or str(self.solver),
            "set": " ".join(self.settings),
            "weights": " ".join(self.weights),
            **{f"axes.{axis.path}": axis.described for axis in self.axes},
            "maximise" if self.maximise else "minimise": self.metric,
            "phase": self.phase,
            "take": self.take,
            "search": self.search,
            "seed": str(self.seed),
            **({"prune": self.prune.described} if self.prune else {}),
        }

    def arguments(self, values: Mapping[str, str]) -> list[str]:
        """``PATH=VALUE`` of the ``-set`` of values of axes."""
        axes = {axis.path: axis for axis in self.axes}
        return [argument for path, value in values.items() for argument in axes[path].arguments(value)]

    def searcher(self) -> Search:
        """The search.

        Raises:
            MissingExtraError: it needs Optuna, which is not installed.
        """
        if self.search == "grid":
            return GridSearch(self.axes)
        if self.search == "one_at_a_time":
            return OneAtATime(self.axes)
        if self.search == "random":
            return RandomSearch(self.axes, self.seed)
        return TPESearch(self.axes, self.seed, self.maximise)

    def pruning(self) -> Pruning | None:
        """What ends trials that fall behind; None if the plan doesn't ask for it.

        Raises:
            MissingExtraError: Optuna is not installed.
        """
        if self.prune is None:
            return None
        return Pruning(self.prune.percentile, self.prune.first, self.prune.warmup, self.maximise)


def read_plan(path: str | os.PathLike[str]) -> Plan:
    """Read a plan.

    Raises:
        ConfigError: with all its faults, each at its position.
    """
    file = find_config(path)
    source = read_source(file, os.fspath(path), from_user=True)
    faults: list[Fault] = []
    root = yaml.read(source, faults)
    if faults:
        raise ConfigError(in_text_order(faults))
    plan = Plan(file, root)
    fields = Fields(root, "the plan of a tune", _KEYS, faults)
    _read_solver(plan, fields, faults)
    _read_axes(plan, fields, faults)
    _read_metric(plan, fields)
    _read_search(plan, fields, faults)
    if faults:
        raise ConfigError(in_text_order(faults))
    return plan


def _read_solver(plan: Plan, fields: Fields, faults: list[Fault]) -> None:
    text = fields.text("solver")
    node = plan.root.first("solver")
    if node is None:
        fields.fault("'solver' is not given", hint="solver: configs/lenet_solver.yaml")
    elif text:
        try:
            plan.solver = find_config(text, plan.path.parent)
        except ConfigError as error:
            faults += not_found(error, node.value_origin)
    for one in fields.texts("set"):
        try:
            parse(one.text or "")
        except ConfigError as error:
            faults += [moved(fault, one) for fault in error.faults]
        plan.settings.append(one.text or "")
    plan.weights = [one.text or "" for one in fields.texts("weights")]


def _read_axes(plan: Plan, fields: Fields, faults: list[Fault]) -> None:
    node = fields.message("axes")
    if node is None:
        if not plan.root.first("axes"):
            fields.fault("'axes' is not given", hint="axes: {base_lr: {log_range: [0.001, 0.1]}}")
        return
    if not node.children:
        fields.fault("'axes' has no axis", node)
    for child in (node.children or ())[:MAX_AXES]:
        try:
            parse("x=1" if child.children and child.first("choices") else f"{child.key}=1")
        except ConfigError as error:
            faults += [at_key(fault, child) for fault in error.faults]
            continue
        if (axis := read_axis(child, faults)) is not None:
            plan.axes.append(axis)
        if "snapshot_prefix" in ([child.key] if axis is None else axis.paths):
            fields.fault("'snapshot_prefix' can't be an axis: each trial has its own", child)
    if len(node.children or ()) > MAX_AXES:
        fields.fault(f"more than {MAX_AXES} axes, the limit", node)


def _read_metric(plan: Plan, fields: Fields) -> None:
    given = [key for key in ("maximise", "minimise") if plan.root.first(key)]
    if len(given) != 1:
        what = "both 'maximise' and 'minimise' are given" if given else "the score is not given"
        at = plan.root.first("minimise")
        fields.fault(what, at, "give one of them: 'maximise: accuracy', or 'minimise: loss'")
        return
    plan.maximise, plan.metric = given == ["maximise"], fields.text(given[0])
    plan.phase = fields.choice("phase", ("TEST", "TRAIN"), "TEST")
    plan.take = fields.choice("take", ("last", "best"), "last")


def _read_search(plan: Plan, fields: Fields, faults: list[Fault]) -> None:
    broken = bool(faults)
    plan.search = fields.choice("search", ("grid", "one_at_a_time", "random", "tpe"), "grid")
    plan.seed = fields.whole("seed", 0, 0, _MAX_SEED)
    plan.trials = fields.whole("trials", 0, 1, MAX_TRIALS)
    _read_prune(plan, fields, faults)
    trials = plan.root.first("trials")
    axes = plan.root.first("axes")
    if plan.search != "one_at_a_time" and axes is not None:
        _refuse_shared(plan, fields, axes)
    if plan.search not in ("grid", "one_at_a_time"):
        if trials is None:
            fields.fault(f"'trials' is not given, which search: {plan.search} needs", hint="trials: 20")
        return
    for axis in plan.axes:
        if grid_levels(axis) is None and axes is not None:
            hint = "give step, or values; or search: random"
            fields.fault(f"a grid can't take all of '{axis.path}'", axes.first(axis.path), hint)
            broken = True
    if broken or not plan.axes:
        return
    kind = GridSearch if plan.search == "grid" else OneAtATime
    what, size = "grid" if kind is GridSearch else "search", kind(plan.axes).size
    if trials is not None and plan.trials != size:
        fields.fault(
            f"trials: {plan.trials}, but this {what} has {size:,}",
            trials,
            "remove trials, or use search: random",
        )
    elif size > MAX_TRIALS:
        fields.fault(f"the {what} has {size:,} trials, at most {MAX_TRIALS:,} are allowed", axes)
    plan.trials = size


def _refuse_shared(plan: Plan, fields: Fields, axes: Node) -> None:
    """Faults of axes that set the same field, of which the later would win."""
    owners: dict[str, str] = {}
    for axis in plan.axes:
        for path in axis.paths:
            if owners.setdefault(path, axis.path) != axis.path:
                message = f"the axes '{owners[path]}' and '{axis.path}' both set '{path}'"
                hint = "put the two into one axis of choices, or use search: one_at_a_time"
                fields.fault(message, axes.first(axis.path), hint)


def _read_prune(plan: Plan, fields: Fields, faults: list[Fault]) -> None:
    node = fields.message("prune")
    if node is None:
        return
    own = Fields(node, "'prune'", _PRUNE_KEYS, faults)
    percentile, usual = own.number("percentile"), Prune()
    if percentile is None:
        percentile = usual.percentile
    elif not 0 < percentile < 100 and (given := node.first("percentile")) is not None:
        own.bad_value(given, "a number between 0 and 100")
    first = own.whole("first", usual.first, 1, MAX_TRIALS)
    plan.prune = Prune(percentile, first, own.whole("warmup", usual.warmup, 0, _MAX_SEED))


def at_key(fault: Fault, node: Node, quoted: int = 0) -> Fault:
    """A fault of a ``-set`` argument, at its place in the key of a node that is its path."""
    if fault.origin is None:
        return fault
    origin = Origin(node.source, node.offset + quoted + fault.origin.offset, fault.origin.length)
    return Fault(fault.message, origin, fault.hint, fault.layer)
