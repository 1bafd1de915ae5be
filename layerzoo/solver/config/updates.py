"""Resolve the updates of a solver against the graphs of its nets, with all faults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from layerzoo.errors import MAX_SHOWN_FAULTS, Fault, did_you_mean, nearest
from layerzoo.graph import Graph, GraphParam
from layerzoo.optimizer import (
    OTHERS,
    UpdatePlan,
    settings_of,
)
from layerzoo.optimizer.freeze import is_wild, matching
from layerzoo.schema import SolverParameter, UpdateParameter


@dataclass
class ResolvedUpdates:
    """The updates of a solver, and what is wrong with them.

    Attributes:
        plans: the updates; empty if the solver has none, or if there are faults.
        faults: each names its field.
        warnings: legal settings that are likely mistakes.
    """

    plans: list[UpdatePlan] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def resolve_updates(solver: SolverParameter, graph: Graph, stages: Sequence[Graph] = ()) -> ResolvedUpdates:
    """Find the params and losses of a solver's updates.

    Args:
        solver: its message, without faults of `update_values`.
        graph: the training net's graph.
        stages: the graphs of the updates that have stages, in their order.
    """
    found = ResolvedUpdates()
    if not solver.update:
        return found
    names = [_names_of(graph, param) for param in graph.params]
    frozen = _frozen(solver, graph)
    learns = [bool(param.lr_mult) and index not in frozen for index, param in enumerate(graph.params)]
    owner: dict[int, tuple[int, int]] = {}
    staged = iter(stages)
    for index, update in enumerate(solver.update):
        nets = next(staged) if update.stage else None
        if nets is not None:
            found.faults += _foreign_params(update, index, nets, graph)
        params = _moved(update, index, names, learns, owner, graph, found)
        losses = _losses(update, index, nets or graph, found)
        layers: frozenset[int] = frozenset()
        if losses and params:
            layers = _check_reach(update, index, nets or graph, graph, losses, params, found)
        found.plans.append(
            UpdatePlan(
                name=update.name,
                settings=settings_of(solver, update),
                params=params,
                base_lr=update.base_lr if update.HasField("base_lr") else None,
                lr_mult=update.lr_mult,
                losses=losses,
                layers=layers,
                times=update.times,
                every=update.every,
                graph=nets,
            )
        )
    if found.faults:
        found.plans = []
        return found
    taken = set(owner)
    if any(update.loss for update in solver.update):
        found.plans = _with_the_rest(found.plans, graph)
        found.warnings += _unused_losses(found.plans, graph)
    elif rest := [index for index, moves in enumerate(learns) if moves and index not in taken]:
        own = SolverParameter()
        own.CopyFrom(solver)
        del own.update[:]
        found.plans.append(UpdatePlan(OTHERS, own, rest))
    if len(found.plans) > 1 and solver.HasField("snapshot_format"):
        message = "Caffe's snapshots have room for the history of one update"
        hint = "leave snapshot_format out: native snapshots are always written"
        found.faults.append(Fault(message, field="snapshot_format", hint=hint))
    return found


def _names_of(graph: Graph, param: GraphParam) -> set[str]:
    """What may name a param: each layer that has it, with its path and the Calls around it."""
    names: set[str] = set()
    for index, _ in param.users:
        layer = graph.layers[index]
        full = {layer.name, layer.config_name or layer.name}
        if param.own.path:
            full.add(f"{layer.name}/{param.own.path}")
        for name in full:
            steps = name.split("/")
            names.update("/".join(steps[:count]) for count in range(1, len(steps) + 1))
    return names


def _frozen(solver: SolverParameter, graph: Graph) -> set[int]:
    """Params of layers that ``freeze`` names."""
    if not solver.freeze:
        return set()
    names = []
    for param in graph.params:
        layer = graph.layers[param.users[0][0]]
        own = {layer.name, layer.config_name or layer.name}
        names.append(own | {f"{layer.name}/{param.own.path}"} if param.own.path else own)
    frozen = matching({name for own in names for name in own}, solver.freeze)
    return {index for index, own in enumerate(names) if not frozen.isdisjoint(own)}


def _moved(
    update: UpdateParameter,
    index: int,
    names: Sequence[set[str]],
    learns: Sequence[bool],
    owner: dict[int, tuple[int, int]],
    graph: Graph,
    found: ResolvedUpdates,
) -> list[int]:
    """The params that an update moves; adds to ``owner`` which of its patterns named each."""
    at = f"update[{index}]"
    named, excluded = _places(update.layer, names), _places(update.exclude_layer, names)
    for key, patterns, places in (
        ("layer", update.layer, named),
        ("exclude_layer", update.exclude_layer, excluded),
    ):
        used = {place for found_at in places for place in found_at}
        for place, pattern in enumerate(patterns):
            if place not in used and len(found.faults) < MAX_SHOWN_FAULTS:  # to place each takes its number
                found.faults.append(_unmatched(pattern, f"{at}.{key}[{place}]", names, graph))
    moved, clashes = [], set()
    for param, own_places in enumerate(named):
        if not own_places or excluded[param] or not learns[param]:
            continue
        moved.append(param)
        own = (index, min(own_places))
        other = owner.setdefault(param, own)
        if other[0] != index:
            clashes.add((other, own, param))
    shown: set[tuple[tuple[int, int], tuple[int, int]]] = set()
    for first, second, param in sorted(clashes):
        if (first, second) not in shown:
            shown.add((first, second))
            found.faults += _clash(first, second, param, graph, found)
    if not moved and update.layer and not any(fault.field and at in fault.field for fault in found.faults):
        message = f"update '{update.name}' moves no param: those of its layers are frozen or excluded"
        found.faults.append(Fault(message, field=f"{at}.layer[0]"))
    return moved


def _places(patterns: Sequence[str], names: Sequence[set[str]]) -> list[set[int]]:
    """Of each param the places of the patterns that match one of its names."""
    exact: dict[str, list[int]] = {}
    wild = [(place, pattern) for place, pattern in enumerate(patterns) if is_wild(pattern)]
    for place, pattern in enumerate(patterns):
        exact.setdefault(pattern, []).append(place)
    by_name: dict[str, set[int]] = {}
    for name in {name for of in names for name in of}:
        places = {place for place, pattern in wild if fnmatchcase(name, pattern)}
        by_name[name] = places.union(exact.get(name, ()))
    return [set().union(*(by_name[name] for name in of)) for of in names]


def _unmatched(pattern: str, at: str, names: Sequence[set[str]], graph: Graph) -> Fault:
    """The fault of a pattern that matches no params."""
    if any(pattern == layer.name or layer.name.startswith(f"{pattern}/") for layer in graph.layers):
        return Fault(f"layer '{pattern}' has no params", field=at)
    hint = did_you_mean(nearest(pattern, dict.fromkeys(sorted({name for of in names for name in of}))))
    return Fault(f"'{pattern}' matches no layer with params", field=at, hint=hint)


def _clash(
    first: tuple[int, int], second: tuple[int, int], param: int, graph: Graph, found: ResolvedUpdates
) -> Iterator[Fault]:
    """A param that two updates move: a fault at each."""
    spec = graph.params[param]
    layer = graph.layers[spec.users[0][0]].name
    shared = ", ".join(f"'{graph.layers[user].name}'" for user, _ in spec.users[1:4])
    what = f"param {spec.own.name} of layer '{layer}'" + (f", which {shared} share" if shared else "")
    for (here, place), (there, _) in ((first, second), (second, first)):
        message = f"{what}: updates {here + 1} and {there + 1} both move it"
        hint = f'exclude_layer: "{layer}" in one of them leaves it to the other'
        yield Fault(message, field=f"update[{here}].layer[{place}]", hint=hint)


def _foreign_params(update: UpdateParameter, index: int, graph: Graph, trained: Graph) -> Iterator[Fault]:
    """A fault for a layer of an update's net whose params the training net lacks: they would stand still."""
    known = {layer.name for layer in trained.layers if layer.params}
    for layer in graph.layers:
        if any(graph.params[p].lr_mult for p in layer.params) and layer.name not in known:
            message = (
                f"layer '{layer.name}' is in the net of update '{update.name}', but not in the training net"
            )
            hint = "all params have to be in the training net; leave the rule of its stages to layers without"
            yield Fault(message, field=f"update[{index}].stage[0]", hint=hint)
            return


def _losses(update: UpdateParameter, index: int, graph: Graph, found: ResolvedUpdates) -> dict[int, float]:
    """The losses of an update, by index, with their weights."""
    weights, losses = dict(graph.losses), {}
    known = {graph.blobs[blob].name for blob in weights}
    for place, name in enumerate(update.loss):
        if len(found.faults) >= MAX_SHOWN_FAULTS:
            break
        at = f"update[{index}].loss[{place}]"
        blob = graph.last.get(name)
        if blob is not None and blob.index in weights:
            if blob.index in losses:
                found.faults.append(Fault(f"loss '{name}' is given twice", field=at))
            losses[blob.index] = weights[blob.index]
        elif blob is not None:
            hint = did_you_mean(nearest(name, known)) or "give its layer a loss_weight"
            found.faults.append(Fault(f"blob '{name}' is no loss", field=at, hint=hint))
        else:
            losses_there = f"the losses are {', '.join(sorted(known)[:10]) or 'none'}"
            hint = did_you_mean(nearest(name, known)) or losses_there
            found.faults.append(Fault(f"no blob '{name}'", field=at, hint=hint))
    return losses


def _check_reach(
    update: UpdateParameter,
    index: int,
    graph: Graph,
    trained: Graph,
    losses: Iterable[int],
    params: Sequence[int],
    found: ResolvedUpdates,
) -> frozenset[int]:
    """The layers that the losses need; a fault if the gradient reaches no param of the update."""
    needed, reached = _below(graph, losses, gradient=False), _below(graph, losses, gradient=True)
    users = {
        param: {trained.layers[user].name for user, _ in trained.params[param].users} for param in params
    }
    live = {graph.layers[layer].name for layer in reached}
    apart = [param for param in params if live.isdisjoint(users[param])]
    shown = list(dict.fromkeys(f"'{trained.layers[trained.params[p].users[0][0]].name}'" for p in apart))
    if len(apart) == len(params):
        message = f"the losses of update '{update.name}' don't depend on the params of its layers"
        hint = f"no gradient reaches {', '.join(shown[:5])}{', …' if len(shown) > 5 else ''}"
        found.faults.append(Fault(message, field=f"update[{index}].loss[0]", hint=hint))
    elif apart:
        message = f"update '{update.name}': no gradient of its losses reaches {', '.join(shown[:5])}"
        found.warnings.append(Fault(message, field=f"update[{index}].layer[0]"))
    return needed


def _below(graph: Graph, losses: Iterable[int], *, gradient: bool) -> frozenset[int]:
    """The layers that losses depend on.

    Args:
        graph: the graph.
        losses: indices of blobs.
        gradient: only those that a gradient of the losses reaches.
    """
    found: set[int] = set()
    wanted = set(losses)
    for layer in reversed(graph.layers):
        stops = layer.kind.gradient_stops(layer.param) if gradient else None
        tops = [top for i, top in enumerate(layer.tops) if stops is None or i not in stops.tops]
        if wanted.isdisjoint(tops):
            continue
        found.add(layer.index)
        for place, bottom in enumerate(layer.bottoms):
            if stops is None or (layer.propagate_down[place] and place not in stops.bottoms):
                wanted.add(bottom)
    return frozenset(found)


def _with_the_rest(plans: list[UpdatePlan], graph: Graph) -> list[UpdatePlan]:
    """The plans, of which the first without stages also runs the layers that no loss needs."""
    used = frozenset().union(*(plan.layers for plan in plans if plan.graph is None))
    rest = frozenset(range(len(graph.layers))) - used
    first = next((place for place, plan in enumerate(plans) if plan.graph is None), None)
    if first is not None and rest:
        below = _below(
            graph, {blob for layer in rest for blob in graph.layers[layer].bottoms}, gradient=False
        )
        plans[first] = replace(plans[first], layers=plans[first].layers | rest | below)
    return plans


def _unused_losses(plans: Sequence[UpdatePlan], graph: Graph) -> Iterator[Fault]:
    """A warning for each loss of the training net that no update minimises."""
    used = {blob for plan in plans if plan.graph is None for blob in plan.losses}
    for blob, _ in graph.losses:
        if blob not in used and not any(plan.graph is not None for plan in plans):
            message = f"no update minimises the loss '{graph.blobs[blob].name}'"
            yield Fault(message, field="update[0]", hint="loss_weight: 0 says that it is only shown")
