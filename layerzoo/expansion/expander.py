"""Expand blocks: layers of type Call, repetitions and conditions become plain layers.

Expansion has two steps. Planning decides which layers there will be, under which names; it counts them, so
that a config that asks for too many ends before anything is built. Building copies each planned layer, with
values in the places of expressions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from layerzoo.errors import did_you_mean, nearest
from layerzoo.expansion.copying import copied_all, message, scalar
from layerzoo.expansion.counting import check_count
from layerzoo.expansion.fields import (
    TooManyLayersError,
    applies,
    elements_in,
    names_in,
    text_in,
    texts_in,
)
from layerzoo.expansion.naming import Naming
from layerzoo.expansion.planned import CALL, PARAM, Place, Planned
from layerzoo.expansion.rules import RulesError, joined
from layerzoo.expansion.scope import Scope
from layerzoo.expansion.subnet import INPUT, Subnet, call_site
from layerzoo.expansion.written import Written, WrittenUse, written, written_use
from layerzoo.nodes import Node
from layerzoo.source import CallSite

MAX_DEPTH: Final = 32
"""The deepest nesting of blocks."""
_ONCE: Final = range(1)
_OF_REPEAT: Final = frozenset(("name", "repeat", "include", "exclude", "when"))


@dataclass(frozen=True)
class _Use:
    """A layer of type Call, read.

    Attributes:
        layer, param: the layer and its ``subnet_param``.
        fields: the fields of ``param``.
        subnet: the subnet that it uses.
        name: its name.
        as_written: names stay as they are written in the subnet.
        share: all runs share their params.
        variable: the name of the element of each run; None if it runs once.
    """

    layer: Node
    param: Node
    fields: WrittenUse
    subnet: Subnet
    name: str
    as_written: bool
    share: bool
    variable: str | None


class Expander:
    """Expands the layers of a net.

    Args:
        subnets: the subnets by name.
    """

    def __init__(self, subnets: Mapping[str, Subnet]) -> None:
        self.subnets = subnets
        self.names: set[tuple[str, int]] = set()
        self.layers: dict[int, Written] = {}
        self.uses: dict[int, WrittenUse] = {}

    def expand(self, layers: Sequence[Node], scope: Scope) -> list[Node]:
        """The plain layers of a net; faults are added to the scope's."""
        place = Place(scope, Naming())
        try:
            check_count(layers, self.subnets, scope)
            planned = [one for layer in layers for one in self._plan(layer, place)]
        except TooManyLayersError:
            return []
        return [one.built() for one in planned]

    def _plan(self, node: Node, place: Place) -> Iterator[Planned]:
        """Plan what stands in the place of a layer."""
        layer = self.layers.get(id(node))
        if layer is None:
            layer = self.layers[id(node)] = written(node)
        if layer.when is not None and not applies(node, place.scope):
            return
        rules = place.rules if not layer.rules else self._rules(layer, place)
        if rules is None:
            return
        kind = text_in(layer.kind, place.scope)
        if layer.repeat is not None or kind == CALL:
            inside = place if rules is place.rules else replace(place, rules=rules)
            yield from self._repeat(node, inside) if layer.repeat is not None else self._call(layer, inside)
        elif not (kind == INPUT and place.in_call):
            yield self._layer(layer, place, rules)

    def _layer(self, layer: Written, place: Place, rules: Sequence[Node]) -> Planned:
        """Plan a layer that stays one."""
        scope, naming = place.scope, place.naming
        local = text_in(layer.name, scope)
        own: dict[str, Sequence[Node]] = {}
        if layer.name is not None:
            own["name"] = [scalar("name", naming.layer(local), layer.name, scope)]
            if place.as_written:
                self._once(naming.layer(local), layer.name, layer.node, scope)
        bottoms, tops = names_in(layer.bottoms, scope), names_in(layer.tops, scope)
        for node, text in bottoms:
            if not naming.sees(text):
                _unseen(node, text, naming, scope)
        read = [text for _, text in bottoms]
        own["bottom"] = [_named(node, naming.bottom(text), scope) for node, text in bottoms]
        if any(spec.first("blob") for spec in layer.specs):
            specs = [spec for spec in layer.specs if spec.key == "param"]
            own["param"] = [one for spec in specs for one in self._param(spec, place)]
        own["top"] = [
            _named(node, naming.top(text, index < len(read) and read[index] == text), scope)
            for index, (node, text) in enumerate(tops)
        ]
        runs = self._runs(layer.node, place) if layer.param is not None else {}
        return Planned(layer.node, place, own, rules if place.rules else None, local, runs)

    def _param(self, node: Node, place: Place) -> list[Node]:
        """A layer's ``param``; a blob that it names is one that the layer reads, as a bottom is."""
        specs = place.sharing.param(node, place.naming, place.scope)
        for spec in specs:
            blob = spec.first("blob")
            if blob is not None and blob.text:
                if not place.naming.sees(blob.text):
                    _unseen(blob, blob.text, place.naming, place.scope)
                blob.text = place.naming.bottom(blob.text)
        return specs

    def _once(self, actual: str, name: Node, layer: Node, scope: Scope) -> None:
        """Refuse a name that a layer of a block gets twice, where names are as written."""
        if (actual, id(layer)) in self.names:
            hint = "let its name be an expression of the block's parameters, or remove 'names: AS_WRITTEN'"
            scope.fault(f"the layer '{actual}' exists already", name.value_origin, hint)
        self.names.add((actual, id(layer)))

    def _use(self, layer: Written, place: Place) -> _Use | None:
        """Read a layer of type Call; None after a fault."""
        scope, param = place.scope, layer.param
        for child in layer.strange:
            scope.fault(f"'{child.key}' in a Call", child.origin, "set it in the layers of the subnet")
        if param is None:
            scope.fault("a Call names no subnet", layer.node.origin, f"add '{PARAM} {{ net: … }}'")
            return None
        fields = self.uses.get(id(param))
        if fields is None:
            fields = self.uses[id(param)] = written_use(param)
        subnet = self._subnet(param, fields.net, place)
        name = text_in(layer.name, scope)
        as_written = text_in(fields.names, scope) == "AS_WRITTEN"
        if not name and not as_written:
            scope.fault("a Call needs a name, for those of its layers", layer.node.origin, "add 'name: …'")
            return None
        repeated = fields.times is not None or bool(fields.each)
        variable = (text_in(fields.variable, scope) or "i") if repeated else None
        share = text_in(fields.share, scope) == "true"
        if subnet is None:
            return None
        return _Use(layer.node, param, fields, subnet, name, as_written, share, variable)

    def _call(self, layer: Written, place: Place) -> Iterator[Planned]:
        """Plan the layers of a subnet in place of a layer, as often as it runs."""
        scope = place.scope
        use = self._use(layer, place)
        if use is None:
            return
        runs = elements_in(use.param, scope, "each") if use.variable is not None else _ONCE
        if runs is None:
            return
        subnet, param, variable, fields = use.subnet, use.param, use.variable, use.fields
        bottoms = names_in(layer.bottoms, scope)
        for node, text in bottoms:
            if not place.naming.sees(text):
                _unseen(node, text, place.naming, scope)
        sources = [place.naming.bottom(text) for _, text in bottoms]
        if len(sources) != len(subnet.inputs):
            expected = f"{len(subnet.inputs)} inputs ({', '.join(subnet.inputs) or 'none'})"
            hint = "its inputs are the tops of its Input layers"
            scope.fault(f"subnet '{subnet.name}' has {expected}, not {len(sources)}", layer.node.origin, hint)
            return
        scopes = [scope.having(**{variable: run}) if variable is not None else scope for run in runs]
        tops = [[text for _, text in names_in(layer.tops, of_run)] for of_run in scopes]
        sharing = place.sharing.of_call(layer.specs, use.name, place.naming, use.share, scope)
        if not scopes:
            yield from _not_run(use, sources, place)
        for index, of_run in enumerate(scopes):
            before = len(scope.faults)
            values = subnet.values(fields.given, layer.node, of_run, fields.net or param)
            if len(scope.faults) > before:  # a missing value would be a fault wherever the block uses it
                return
            inner = scope.inside(values, call_site(subnet, layer.node, values, scope))
            results = texts_in(fields.outputs, of_run) or _last_tops(subnet, inner)
            last = index == len(runs) - 1
            named = tops[index] if last or tops[index] != tops[-1] else []
            if len(named) not in {0, len(results)} or (last and not named and results and layer.tops):
                listed = f"{len(results)} outputs of subnet '{subnet.name}' ({', '.join(results)})"
                hint = "name its outputs with 'output', and as many tops"
                scope.fault(f"{len(named)} tops for {listed}", layer.node.origin, hint)
                return
            run = "" if use.as_written else f"{use.name}/{index}/" if variable is not None else f"{use.name}/"
            outputs = {blob: place.naming.top(top, False) for blob, top in zip(results, named, strict=False)}
            inputs = dict(zip(subnet.inputs, sources, strict=True))
            naming = Naming(place.naming.prefix + run, inputs, outputs, as_written=use.as_written)
            inside = Place(
                inner,
                naming,
                place.rules,
                sharing.of_run(index if variable is not None and not use.share else None),
                (*place.path, subnet.name),
                in_call=True,
                as_written=use.as_written,
            )
            for one in subnet.layers:
                yield from self._plan(one, inside)
            if len(scope.faults) == before:
                for blob in outputs:
                    yield from _passed_on(use, blob, inside)
            sources = _next_sources(use, inputs, naming, results, scope)

    def _repeat(self, layer: Node, place: Place) -> Iterator[Planned]:
        """Plan copies of the layers in ``repeat``."""
        scope = place.scope
        repeat = layer.first("repeat")
        assert repeat is not None
        for child in layer.children or ():
            if child.key not in _OF_REPEAT:
                scope.fault(
                    f"'{child.key}' beside 'repeat'", child.origin, "set it in the layers of 'repeat'"
                )
        local = text_in(layer.first("name"), scope)
        as_written = text_in(repeat.first("names"), scope) == "AS_WRITTEN"
        if repeat.first("over") is None and repeat.first("times") is None:
            hint = "add 'times: …' or 'over: [ … ]'"
            scope.fault("'repeat' says neither 'over' nor 'times'", repeat.origin, hint)
            return
        if not local and not as_written:
            hint = "add 'name: …' to the layer, or 'names: AS_WRITTEN' to 'repeat'"
            scope.fault("a repetition needs a name, for those of its layers", layer.origin, hint)
            return
        variable = text_in(repeat.first("var"), scope) or "i"
        for index, element in enumerate(elements_in(repeat, scope, "over") or ()):
            origin = layer.origin._replace(call=scope.call)
            call = CallSite(local or "repeat", origin, {variable: element})
            prefix = place.naming.prefix + ("" if as_written else f"{local}/{index}/")
            inside = replace(
                place,
                scope=Scope({**scope.values, variable: element}, scope.faults, scope.steps, call),
                naming=place.naming if as_written else Naming(prefix, outer=place.naming),
                as_written=as_written or place.as_written,
            )
            for one in repeat.all("layer"):
                yield from self._plan(one, inside)

    def _runs(self, layer: Node, place: Place) -> dict[str, tuple[Subnet, list[Planned]]]:
        """Plan the subnets that a layer runs itself; their names and blobs are their own."""
        runs: dict[str, tuple[Subnet, list[Planned]]] = {}
        param = layer.first(PARAM)
        assert param is not None
        for key, body in (("net", "body"), ("else_net", "else_body")):
            node = param.first(key)
            if node is None or param.first(body) is not None:
                continue
            subnet = self._subnet(param, node, place)
            if subnet is None:
                continue
            before = len(place.scope.faults)
            values = subnet.values(param.first("with"), layer, place.scope, node)
            if len(place.scope.faults) > before:
                continue
            inner = place.scope.inside(values, call_site(subnet, layer, values, place.scope))
            inside = Place(inner, Naming(), path=(*place.path, subnet.name))
            runs[body] = subnet, [planned for one in subnet.layers for planned in self._plan(one, inside)]
        return runs

    def _subnet(self, param: Node, node: Node | None, place: Place) -> Subnet | None:
        """The subnet that a layer names; None after a fault."""
        scope = place.scope
        name = text_in(node, scope)
        subnet = self.subnets.get(name)
        if subnet is not None and name not in place.path and len(place.path) < MAX_DEPTH:
            return subnet
        origin = node.value_origin if node is not None else param.origin
        if name in place.path:
            path = " > ".join((*place.path, name))
            scope.fault(
                f"subnet '{name}' uses itself: {path}", origin, "Recurrent and Loop run a subnet again"
            )
        elif len(place.path) >= MAX_DEPTH:
            scope.fault(f"blocks are nested more than {MAX_DEPTH} levels deep", origin)
        else:
            known = (
                f"there are {', '.join(self.subnets)}" if self.subnets else "declare it with 'subnet { … }'"
            )
            what = f"no subnet is named '{name}'" if name else f"'{PARAM}' names no subnet"
            scope.fault(what, origin, did_you_mean(nearest(name, self.subnets)) or known)
        return None

    def _rules(self, layer: Written, place: Place) -> tuple[Node, ...] | None:
        """The layer's rules with those around it; None if they never hold."""
        try:
            rules = joined(place.rules, copied_all(layer.rules, place.scope))
            return None if rules is None else tuple(rules)
        except RulesError as error:
            place.scope.fault(str(error), layer.rules[0].origin, "simplify the rules")
            return None


def _unseen(node: Node, text: str, naming: Naming, scope: Scope) -> None:
    """Report a bottom that a block doesn't have."""
    known = ", ".join(list(naming.blobs)[:8]) or "none"
    hint = did_you_mean(nearest(text, naming.blobs)) or f"the block sees its own blobs: {known}"
    scope.fault(
        f"unknown {'param' if node.key == 'blob' else 'bottom'} blob '{text}' in a block",
        node.value_origin,
        hint,
    )


def _last_tops(subnet: Subnet, scope: Scope) -> list[str]:
    """The outputs of a subnet for a use that names none: the tops of its last layer."""
    last = next((one for one in reversed(subnet.layers) if applies(one, scope)), None)
    if last is None:
        return []
    param = last.first(PARAM)
    if param is not None and text_in(last.first("type"), scope) == CALL:
        runs = elements_in(param, scope, "each")
        if runs:  # its last run names its tops
            scope = scope.having(**{text_in(param.first("var"), scope) or "i": runs[-1]})
    return texts_in(last.all("top"), scope)


def _passed_on(use: _Use, blob: str, place: Place) -> Iterator[Planned]:
    """Plan a Split for an output that is an input of the block, so that the caller's top exists."""
    naming, scope = place.naming, place.scope
    if blob not in naming.blobs:
        hint = did_you_mean(nearest(blob, naming.blobs))
        what = f"no layer of subnet '{use.subnet.name}' produces its output '{blob}'"
        scope.fault(what, use.param.origin, hint)
    elif blob in naming.inputs and naming.blobs[blob] != naming.outputs[blob]:
        yield _split(use, naming.layer(blob), naming.blobs[blob], naming.outputs[blob], place)


def _not_run(use: _Use, sources: list[str], place: Place) -> Iterator[Planned]:
    """Plan a Split for each top of a block that runs no times: its first inputs are its outputs."""
    tops = texts_in(use.layer.all("top"), place.scope)
    if len(tops) > len(sources):
        what = f"{len(tops)} tops of a block that runs no times, but {len(sources)} bottoms"
        place.scope.fault(what, use.layer.origin, "its first inputs would be its outputs")
    for index, (bottom, top) in enumerate(zip(sources, tops, strict=False)):
        name = place.naming.layer(use.name or "split") + (f"/{index}" if len(tops) > 1 else "")
        yield _split(use, name, bottom, place.naming.top(top, False), place)


def _split(use: _Use, name: str, bottom: str, top: str, place: Place) -> Planned:
    """Plan a layer that gives a blob a second name."""
    texts = {"name": name, "type": "Split", "bottom": bottom, "top": top}
    nodes = [scalar(key, text, use.layer, place.scope) for key, text in texts.items()]
    split = message("layer", nodes, use.layer, place.scope)
    own = {node.key: [node] for node in nodes if node.key != "type"}
    return Planned(split, place, own, place.rules or None, name, {})


def _next_sources(
    use: _Use, inputs: Mapping[str, str], naming: Naming, results: list[str], scope: Scope
) -> list[str]:
    """The blobs that the next run reads: the outputs of this one come first, or where carry says."""
    following = dict(inputs)
    carried = use.fields.carry
    pairs = [(text_in(one.first("blob"), scope), text_in(one.first("input"), scope)) for one in carried]
    for blob, source in pairs or zip(results, use.subnet.inputs, strict=False):
        if blob in naming.blobs and source in following:
            following[source] = naming.blobs[blob]
        elif pairs:
            missing = blob if blob not in naming.blobs else source
            scope.fault(
                f"'carry' names '{missing}', which subnet '{use.subnet.name}' doesn't have", carried[0].origin
            )
    return list(following.values())


def _named(node: Node, text: str, scope: Scope) -> Node:
    """A name at the place of the node that it comes from; a message stays one, for the binder to refuse."""
    return scalar(node.key, text, node, scope) if node.children is None else node
