"""Check a plan against its solver, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from layerzoo.errors import ConfigError, Fault, did_you_mean, in_text_order, nearest
from layerzoo.graph import Graph
from layerzoo.loader import Document, load_solver
from layerzoo.nodes import Node
from layerzoo.nodes.override import ARGUMENT
from layerzoo.runs.diff import flat
from layerzoo.schema import SolverParameter
from layerzoo.solver.config.checking import Checked, check_run
from layerzoo.source import Origin
from layerzoo.tune.axes import Axis, moved
from layerzoo.tune.plan import Plan, at_key

_MAX_CHECKED = 200
"""Values of an axis that are checked before the first trial; a trial checks its own."""


@dataclass
class CheckedPlan:
    """What a plan tunes.

    Attributes:
        config: the fields of the solver and its nets, by path, without those that the axes set.
        has_seed: the solver has a ``random_seed``.
    """

    config: dict[str, str]
    has_seed: bool


def check_plan(plan: Plan) -> CheckedPlan:
    """Check the solver with values of the axes, the paths of the axes, and the score.

    Raises:
        ConfigError: with all faults.
    """
    first = {axis.path: _samples(axis)[0] for axis in plan.axes}
    faults = _setting_faults(plan) or [
        fault for axis in plan.axes for fault in _axis_faults(plan, axis, first)
    ]
    if faults:
        raise ConfigError(in_text_order(faults))
    found: list[Fault] = []
    document = load_solver(plan.solver, [*plan.settings, *plan.arguments(first)], faults=found)
    try:
        checked = check_run(document, found=found)
    except ConfigError as error:
        places = {argument: axis.path for axis in plan.axes for argument in axis.arguments(first[axis.path])}
        raise ConfigError(in_text_order(_placed(plan, error.faults, places))) from None
    if faults := _metric_faults(plan, document.message, checked):
        raise ConfigError(faults)
    paths = (path for axis in plan.axes for path in axis.paths)
    tuned = {flat_path for path in paths for flat_path in _flat_paths(path)}
    config = {path: text for path, text in _config(document).items() if path not in tuned}
    return CheckedPlan(config, document.message.random_seed >= 0)


def _config(document: Document[SolverParameter]) -> dict[str, str]:
    """The fields of a solver and of the nets that it names."""
    config = flat(document.message)
    for key, nets in document.nets.items():
        for index, net in enumerate(nets):
            config |= flat(net.message, f"{key}[{index}]." if len(nets) > 1 else f"{key}.")
    return config


def _flat_paths(path: str) -> tuple[str, str]:
    """The paths of a field and of the element 0 of it, if it is a list."""
    return path, f"{path}[0]"


def _samples(axis: Axis) -> list[str]:
    """Values of an axis to check: all that the plan lists, or the ends of its range and its middle."""
    if axis.ordered:
        return list(dict.fromkeys((axis.levels[0], axis.levels[-1])))
    return list(axis.levels[:_MAX_CHECKED]) or [axis.text_of(axis.low), axis.at(0.5), axis.text_of(axis.high)]


def _setting_faults(plan: Plan) -> list[Fault]:
    """Faults of loading the solver with what all trials set."""
    faults: list[Fault] = []
    load_solver(plan.solver, plan.settings, faults=faults)
    return [*_placed(plan, faults, {}), *_weights_faults(plan)]


def _weights_faults(plan: Plan) -> list[Fault]:
    """Faults of weights files that are missing; ``zoo:NAME`` is left to the trials."""
    faults = []
    for node in plan.root.all("weights"):
        name = node.text or ""
        if not name.startswith("zoo:") and not any(
            (folder / name).is_file() for folder in (plan.solver.parent, Path())
        ):
            hint = f"searched in {plan.solver.parent} and the working folder; check the path"
            faults.append(Fault(f"no file '{name}'", node.value_origin, hint))
    return faults


def _axis_faults(plan: Plan, axis: Axis, first: dict[str, str]) -> list[Fault]:
    """Faults of loading the solver with values of an axis."""
    for value in _samples(axis):
        faults: list[Fault] = []
        others = plan.arguments({path: text for path, text in first.items() if path != axis.path})
        arguments = axis.arguments(value)
        load_solver(plan.solver, [*plan.settings, *others, *arguments], faults=faults)
        own = [f for f in faults if f.origin is not None and f.origin.source.text in arguments]
        if own:
            return list(_placed(plan, own, dict.fromkeys(arguments, axis.path)))
    return []


def _placed(plan: Plan, faults: list[Fault], paths: dict[str, str]) -> Iterator[Fault]:
    """Faults with those of ``-set`` arguments at their place in the plan.

    Args:
        plan: the plan.
        faults: the faults.
        paths: the path of the axis of each argument that sets one.
    """
    settings = {one.text: one for one in plan.root.all("set")}
    axes = plan.root.first("axes")
    for fault in faults:
        text = fault.origin.source.text if fault.origin and fault.origin.source.name == ARGUMENT else None
        setting = settings.get(text)
        axis = axes.first(paths[text]) if axes is not None and text in paths else None
        if setting is not None:
            yield moved(fault, setting)
        elif axis is not None and text is not None:
            yield _at_axis(fault, axis, text)
        else:
            yield fault


def _at_axis(fault: Fault, axis: Node, argument: str) -> Fault:
    """A fault at a step of the axis's path, at the value that has it, or in a setting of a choice."""
    assert fault.origin is not None
    choices = [one for choice in axis.all("choices") for one in choice.all("set")]
    if choices:
        return next(moved(fault, one) for one in choices if one.text == argument)
    if fault.origin.offset < len(axis.key):
        return at_key(fault, axis, axis.source.text[axis.offset] in "\"'")
    value = argument[len(axis.key) + 1 :]
    nodes = [one for one in axis.walk() if one.text is not None and one.text.strip() == value]
    if nodes:
        return replace(fault, origin=nodes[0].value_origin)
    return replace(fault, origin=axis.origin, message=f"{fault.message} (value {value})")


def _metric_faults(plan: Plan, param: SolverParameter, checked: Checked) -> list[Fault]:
    """Faults of the name of the score: no net computes it, or no one looks at it."""
    node = plan.root.first("maximise" if plan.maximise else "minimise")
    assert node is not None
    origin = node.value_origin

    def fault(message: str, hint: str | None) -> list[Fault]:
        return [Fault(message, origin, hint)]

    if plan.phase == "TRAIN":
        if not param.display:
            return fault(
                "the solver has no display, so a TRAIN score is never recorded", "set: [display=100]"
            )
        names = ["loss", *(name for name in _outputs(checked.train) if name != "loss")]
        return _name_faults(plan, origin, names, "the training net")
    if not checked.test:
        return fault(
            f"the solver tests nothing, so there is no TEST score '{plan.metric}'",
            "give the solver a test_interval and a test net, or say phase: TRAIN",
        )
    names = [
        f"{name}#{index}" if index else name
        for index, (graph, _) in enumerate(checked.test)
        for name in _outputs(graph)
    ]
    return _name_faults(plan, origin, names, "the test net")


def _name_faults(plan: Plan, origin: Origin, names: list[str], net: str) -> list[Fault]:
    if plan.metric in names:
        return []
    shown = ", ".join(dict.fromkeys(names)) or "none"
    hint = did_you_mean(nearest(plan.metric, names)) or f"its outputs are {shown}"
    return [Fault(f"no output of {net} is named '{plan.metric}'", origin, hint)]


def _outputs(graph: Graph) -> list[str]:
    return [blob.name for blob in graph.outputs]
