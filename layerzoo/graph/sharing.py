"""Add the params of layers to a graph, and share those of the same name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import isfinite, prod

from layerzoo.errors import Fault
from layerzoo.graph.facts import ParamFacts
from layerzoo.graph.model import Graph, GraphLayer, GraphParam
from layerzoo.graph.param_blobs import left
from layerzoo.schema import LayerParameter, ParamSpec


class ParamTable:
    """Adds each layer's param blobs to a graph. Source: Caffe's ``Net::AppendParam``.

    Attributes:
        graph: the graph.
        faults: receives the faults.
        by_name: the params that have a name to share them by.
        specs: the ``param`` message of each param's owner, by the param's index; multipliers that only a
            later layer sets are added to it.
    """

    def __init__(self, graph: Graph, faults: list[Fault]) -> None:
        self.graph = graph
        self.faults = faults
        self.by_name: dict[str, GraphParam] = {}
        self.specs: dict[int, ParamSpec] = {}

    def add(self, layer: GraphLayer, own: Sequence[ParamFacts]) -> None:
        """Add one layer's param blobs, in its own order; blobs of the net may stand for some (``blob``)."""
        specs = layer.param.param
        layer.own = left(layer.param, own)
        if len(specs) > len(own):
            self._fault(layer, len(own), f"{len(specs)} param for a layer with {len(own)} param blobs")
        if layer.param.HasField("all_params"):
            spread(layer.param, own)
        self._check_multipliers(layer)
        for index, (place, facts) in enumerate(left(layer.param, list(enumerate(own)))):
            spec = layer.spec(index)
            shared = self.by_name.get(spec.name) if spec.name else None
            if shared is None:
                shared = self._append(facts, spec)
            else:
                self._share(layer, place, shared, facts, spec)
            shared.users.append((layer.index, index))
            layer.params.append(shared.index)

    def _check_multipliers(self, layer: GraphLayer) -> None:
        """Refuse multipliers that are not finite; warn of negative ones, which Caffe accepts."""
        for index, spec in enumerate(layer.param.param):
            for field, effect in (("lr_mult", "loss"), ("decay_mult", "weights")):
                value = getattr(spec, field)
                if not isfinite(value):
                    self._fault(layer, index, f"{field} is {value}; expected a finite number")
                elif value < 0:
                    message = f"{field} is {value:g}, which makes the {effect} larger"
                    origin = layer.origin("param", index)
                    self.graph.warnings.append(Fault(message, origin, None, layer.name))

    def _append(self, facts: ParamFacts, spec: ParamSpec) -> GraphParam:
        lr_mult = spec.lr_mult if facts.learns else 0.0
        param = GraphParam(len(self.graph.params), facts, spec.name, lr_mult, spec.decay_mult)
        self.graph.params.append(param)
        self.specs[param.index] = spec
        if spec.name:
            self.by_name[spec.name] = param
        return param

    def _share(
        self, layer: GraphLayer, index: int, owner: GraphParam, facts: ParamFacts, spec: ParamSpec
    ) -> None:
        owner_layer = self.graph.layers[owner.users[0][0]].name
        permissive = spec.share_mode == ParamSpec.PERMISSIVE
        same = prod(facts.shape) == owner.count if permissive else facts.shape == owner.own.shape
        if permissive and same and facts.made and facts.shape != owner.own.shape:
            message = (
                f"param '{facts.name}' of a submodule has the shape {facts.shape} and can't be a view of the "
                f"shared {owner.own.shape}"
            )
            self._fault(layer, index, message, "share params of one shape")
        if not same:
            message = (
                f"shared param '{spec.name}' is {owner.own.shape} in layer '{owner_layer}' "
                f"and {facts.shape} here"
            )
            hint = None if permissive else "PERMISSIVE share_mode allows other shapes of the same count"
            self._fault(layer, index, message, hint)
        owner_spec = self.specs[owner.index]
        for field, value, owner_value in (
            ("lr_mult", spec.lr_mult, owner_spec.lr_mult),
            ("decay_mult", spec.decay_mult, owner_spec.decay_mult),
        ):
            if not _has(spec, field):
                continue
            if not _has(owner_spec, field):
                setattr(owner_spec, field, value)
                setattr(owner, field, value)
            elif value != owner_value:
                message = (
                    f"shared param '{spec.name}' has {field} {owner_value:g} in layer '{owner_layer}' "
                    f"and {value:g} here"
                )
                self._fault(layer, index, message, "set it in one layer, or to the same value in all")

    def _fault(self, layer: GraphLayer, index: int, message: str, hint: str | None = None) -> None:
        self.faults.append(Fault(message, layer.origin("param", index), hint, layer.name))


def spread(layer: LayerParameter, own: Sequence[ParamFacts]) -> None:
    """Write what a layer says of all its params into the message of each.

    Params of layers inside are named after these, as those of a Call with the same name are.

    Args:
        layer: the layer.
        own: its params.
    """
    whole, specs = layer.all_params, layer.param
    given, inside = len(specs), Counter[str]()
    for index, facts in enumerate(own):
        spec = specs[index] if index < given else specs.add()
        if index >= given and facts.spec is not None:
            spec.CopyFrom(facts.spec)
            if whole.name and spec.name:
                spec.name = f"{whole.name}/{spec.name}"
        place = f"{facts.path}/{inside[facts.path]}" if facts.path else str(index)
        inside[facts.path] += 1
        if spec.HasField("blob"):
            continue
        if whole.name and not spec.name:
            spec.name = f"{whole.name}/{place}"
        if whole.HasField("share_mode") and not spec.HasField("share_mode"):
            spec.share_mode = whole.share_mode
        if whole.HasField("lr_mult"):
            spec.lr_mult *= whole.lr_mult
        if whole.HasField("decay_mult"):
            spec.decay_mult *= whole.decay_mult
    layer.ClearField("all_params")


def _has(spec: ParamSpec, field: str) -> bool:
    return spec.HasField(field)
