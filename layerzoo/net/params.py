"""Sharing of params: by param name within a net, by layer name between nets.

A shared param is one ``nn.Parameter`` that several layers hold, like tied weights in torch. A layer that uses
it in another shape (``share_mode: PERMISSIVE``) holds the same param and computes with a view of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from operator import attrgetter

import torch
from torch import Tensor, nn

from layerzoo.blobs.named import LayerId, NamedBlobs, layer_ids
from layerzoo.errors import SharingError
from layerzoo.graph import Graph, GraphLayer, GraphParam, mark_backward
from layerzoo.layer import Layer
from layerzoo.net.sizes import different_sizes
from layerzoo.schema import ParamSpec

Place = tuple[int, int]
"""Index of a layer in its net, and of a param blob in that layer."""


class NetParams:
    """The params of a net's layers.

    Args:
        graph: the net's graph.
        layers: its layers, in the graph's order.

    Attributes:
        graph, layers: see above.
        ids: what tells each layer that has params or stored buffers from the others, by the layer's index.
    """

    def __init__(self, graph: Graph, layers: Sequence[Layer]) -> None:
        self.graph = graph
        self.layers = layers
        holding = [i for i, layer in enumerate(layers) if layer.own_params or layer.stored_buffers]
        names = layer_ids(graph.layers[i].config_name for i in holding)
        self.ids = dict(zip(holding, names, strict=True))

    def __getitem__(self, place: Place) -> nn.Parameter:
        """The param of a place, in its owner's shape."""
        return held(self.layers[place[0]], place[1])

    def __iter__(self) -> Iterator[Place]:
        """Every place, layer by layer."""
        for index, layer in enumerate(self.layers):
            for position in range(len(layer.own_params)):
                yield index, position

    def put(self, place: Place, param: nn.Parameter) -> None:
        """Set the param of a place; see `hold`."""
        hold(self.layers[place[0]], place[1], param)

    def tie(self) -> None:
        """Set the params that are shared by name to those of their owners."""
        for param in self.graph.params:
            owner, *others = param.users
            for place in others:
                self.put(place, self[owner])

    def fill(self, seed: int, given: Collection[int] = ()) -> None:
        """Fill the params by their owners' fillers.

        Args:
            seed: seed of the run.
            given: ids of params that have their values already.
        """
        for param in self.graph.params:
            owner, index = param.users[0]
            if id(self[owner, index]) not in given:
                self.layers[owner].fill_params(seed, (index,))

    def tied(self) -> list[list[Place]]:
        """The groups of places that hold the same param."""
        groups: dict[int, list[Place]] = {}
        for place in self:
            groups.setdefault(id(self[place]), []).append(place)
        return [places for places in groups.values() if len(places) > 1]

    def tie_again(self, groups: Iterable[Sequence[Place]]) -> None:
        """Share params again within the groups of an earlier `tied`, after a move separated them."""
        for owner, *others in groups:
            for place in others:
                if self[place] is not self[owner]:
                    self.put(place, self[owner])

    def blobs(self) -> dict[str, NamedBlobs[nn.Parameter]]:
        """The param blobs of each layer that has any, by the layer's own name; see `Net.params`."""
        found: dict[str, NamedBlobs[nn.Parameter]] = {}
        for index in self.ids:
            layer = self.layers[index]
            for path, blob in zip(layer.param_paths, layer.blobs, strict=True):
                key, layer_id, place = self._stored(index, path)
                found.setdefault(key, NamedBlobs(layer=layer_id, place=place)).append(blob)
        return {key: NamedBlobs(blobs, None, blobs.layer, blobs.place) for key, blobs in found.items()}

    def weights(self) -> dict[str, NamedBlobs[Tensor]]:
        """What weights files hold of each layer, by the layer's own name; see `Net.weights`."""
        found = {}
        for index in self.ids:
            for path, blobs in self.layers[index].inner_weights.items():
                key, blobs.layer, blobs.place = self._stored(index, path)
                found[key] = blobs
        return found

    def stored_place(self, place: Place) -> tuple[LayerId, int]:
        """What tells the layer of a param in files of weights, and its index among that layer's params."""
        paths = self.layers[place[0]].param_paths
        path = paths[place[1]]
        return self.ids[place[0]].inside(path), paths[: place[1]].count(path)

    def _stored(self, index: int, path: str) -> tuple[str, LayerId, int | None]:
        """The key of a layer or of one inside it, what tells it from others, and its place in the net."""
        name = self.graph.layers[index].name
        return f"{name}/{path}" if path else name, self.ids[index].inside(path), None if path else index

    def gradients(self) -> dict[str, NamedBlobs[Tensor]]:
        """The gradients by the keys of `Net.params`, in the layers' shapes; zeros for missing ones."""
        found: dict[str, NamedBlobs[Tensor]] = {}
        for index, position in self:
            param = self[index, position]
            grad = torch.zeros_like(param) if param.grad is None else param.grad
            shape = _shapes(self.layers[index])[position]
            key, layer_id, _ = self._stored(index, self.layers[index].param_paths[position])
            blobs = found.setdefault(key, NamedBlobs(layer=layer_id))
            blobs.append(grad.view(shape))
        return found

    def share(self, other: NetParams) -> None:
        """Share the params of another net, and the stored buffers of layers of the same names.

        Raises:
            SharingError: the shapes of the params or buffers of a layer differ.
        """
        for place, param in self.counterparts(other).items():
            self.put(place, param)
        for mine, yours in self._same_layers(other):
            adopt_buffers(self.layers[mine], other.layers[yours])

    def counterparts(self, other: NetParams) -> dict[Place, nn.Parameter]:
        """The param of another net for each place.

        It is the param of the layer of the same name. For a layer that is missing in the other net, it is
        that of a layer with which it shares the param by name here, the owner first, else the param of that
        name there.

        Raises:
            SharingError: the shapes of the params of a layer differ.
        """
        same: dict[Place, Place] = {}
        for mine, yours in self._same_layers(other):
            self._check_shapes(mine, other, yours)
            same |= {(mine, index): (yours, index) for index in range(len(self.layers[mine].own_params))}
        named = {param.shared_name: param for param in other.graph.params if param.shared_name}
        found: dict[Place, nn.Parameter] = {}
        for param in self.graph.params:
            follow = next((same[user] for user in param.users if user in same), None)
            if follow is None and param.shared_name in named:
                follow = named[param.shared_name].users[0]
                self._check_count(param.users[0], other, follow, param.shared_name)
            for user in param.users:
                source = same.get(user, follow)
                if source is not None:
                    found[user] = other[source]
        return found

    def share_memory(self, other: NetParams) -> None:
        """Place the params in the memory of their counterparts; each net keeps its own gradients.

        Raises:
            SharingError: the shapes of the params of a layer differ.
        """
        sources: dict[int, nn.Parameter] = {}
        for place, theirs in self.counterparts(other).items():
            mine = self[place]
            if sources.setdefault(id(mine), theirs) is not theirs:  # shared by name here, not there
                mine = nn.Parameter(torch.empty_like(mine), mine.requires_grad)
                self.put(place, mine)
                sources[id(mine)] = theirs
            mine.data = theirs.data.view(mine.shape)

    def _same_layers(self, other: NetParams) -> Iterator[tuple[int, int]]:
        """Indices in this net and the other of layers of the same name that have params or stored buffers.

        Layers of one name that are the same text of a config (nets of two phases) belong together, the others
        in order.
        """
        mine, theirs = self._by_text(), other._by_text()
        pairs = {mine[text]: theirs[text] for text in mine.keys() & theirs.keys()}
        taken = set(pairs.values())
        here = self._numbered(index for index in self.ids if index not in pairs)
        there = other._numbered(index for index in other.ids if index not in taken)
        pairs |= {here[layer]: there[layer] for layer in here.keys() & there.keys()}
        return iter(sorted(pairs.items()))

    def _by_text(self) -> dict[tuple[int, str], int]:
        """Layers with params by their node in the config, and their name, unless they share the node."""
        nodes = Counter(id(self.graph.layers[index].node) for index in self.ids)
        layers = ((index, self.graph.layers[index]) for index in self.ids)
        return {
            (id(layer.node), layer.config_name): index
            for index, layer in layers
            if layer.node is not None and nodes[id(layer.node)] == 1
        }

    def _numbered(self, indices: Iterable[int]) -> dict[LayerId, int]:
        indices = list(indices)
        return dict(zip(layer_ids(self.graph.layers[i].config_name for i in indices), indices, strict=True))

    def _check_shapes(self, mine: int, other: NetParams, yours: int) -> None:
        """Raise unless layers of the same name have params and buffers of the same shapes."""
        here, there = ([tuple(b.shape) for b in x.weights] for x in (self.layers[mine], other.layers[yours]))
        if here != there:
            name = self.graph.layers[mine].name
            sizes = different_sizes(self.graph, other.graph)
            why = f"; {sizes}" if sizes else ""
            raise SharingError(f"can't share params of layer '{name}': {here} here, {there} there{why}")

    def _check_count(self, place: Place, other: NetParams, source: Place, name: str) -> None:
        """Raise unless a param shared by name has the same shape, or under PERMISSIVE the same count."""
        spec = self.graph.layers[place[0]]
        here = _shapes(self.layers[place[0]])[place[1]]
        there = _shapes(other.layers[source[0]])[source[1]]
        permissive = spec.spec(place[1]).share_mode == ParamSpec.PERMISSIVE
        if here != there and not (permissive and prod(here) == prod(there)):
            raise SharingError(
                f"can't share param '{name}' of layer '{spec.name}': {here} here, {there} there"
            )


def with_params_of(graph: Graph, layers: Sequence[Layer], known: Mapping[int, GraphParam]) -> Graph:
    """A graph with the params of its layers, after some layers have been replaced.

    A new param gets the config's multipliers if its layer has as many params as the config's, else 1.

    Args:
        graph: the graph of the config.
        layers: the current layers, in the graph's order.
        known: params of the graph by the id of the ``nn.Parameter``.
    """
    params: dict[int, GraphParam] = {}
    specs = []
    for spec, layer in zip(graph.layers, layers, strict=True):
        mine = []
        for index, own in enumerate(layer.own_params):
            param = held(layer, index)
            entry = params.get(id(param))
            if entry is None:
                facts = own._replace(shape=tuple(param.shape))
                entry = replace(_entry(known.get(id(param)), spec, layer, index), own=facts, users=[])
                entry.index = len(params)
                params[id(param)] = entry
            entry.users.append((spec.index, index))
            mine.append(entry.index)
        specs.append(replace(spec, params=mine))
    blobs = [replace(blob) for blob in graph.blobs]
    changed = replace(graph, layers=specs, blobs=blobs, params=list(params.values()))
    mark_backward(changed)
    return changed


def _entry(known: GraphParam | None, spec: GraphLayer, layer: Layer, index: int) -> GraphParam:
    if known is not None:
        return known
    own = layer.own_params[index]
    alike = len(layer.own_params) == len(spec.params)
    said = spec.spec(index) if alike else ParamSpec()
    lr_mult = (said.lr_mult or 1.0) if own.learns and held(layer, index).requires_grad else 0.0
    return GraphParam(0, own, "", lr_mult, said.decay_mult)


def held(layer: Layer, index: int) -> nn.Parameter:
    """The param of a layer by index, in its owner's shape."""
    own = layer.own_params[index]
    param: nn.Parameter = attrgetter(own.name)(layer.holder(own))
    return param


def hold(layer: Layer, index: int, param: nn.Parameter) -> None:
    """Set a param of a layer; if its shape differs from the layer's own, the layer uses a view of it."""
    own = layer.own_params[index]
    for slots, name in _slots(layer, index):
        slots[name] = param
    if tuple(param.shape) == tuple(own.shape):
        layer.views.pop(index, None)
        return
    layer.views[index] = tuple(own.shape)
    if _put_views not in layer._forward_pre_hooks.values():
        layer.register_forward_pre_hook(_put_views, prepend=True)
        layer.register_forward_hook(_take_views, prepend=True, always_call=True)


def adopt(layer: Layer, other: Layer) -> None:
    """Set a layer's params and stored buffers to those of another layer of the same shapes."""
    for index in range(len(other.own_params)):
        hold(layer, index, held(other, index))
    adopt_buffers(layer, other)


def adopt_buffers(layer: Layer, other: Layer) -> None:
    """Set a layer's stored buffers to those of another layer that have the same names."""
    theirs = other.stored_buffers
    for name in layer.stored_buffers.keys() & theirs.keys():
        path, _, last = name.rpartition(".")
        setattr(layer.inner.get_submodule(path), last, theirs[name])


def _slots(layer: Layer, index: int) -> list[tuple[dict[str, nn.Parameter | None], str]]:
    """The slots of a param blob in the layer's modules; several if submodules share it."""
    own, param = layer.own_params[index], held(layer, index)
    root = layer.holder(own)
    names = [own.name]
    if own.made:
        names = [name for name, found in root.named_parameters(remove_duplicate=False) if found is param]
    paths = [name.rpartition(".") for name in names]
    return [(root.get_submodule(path)._parameters, name) for path, _, name in paths]


def _put_views(layer: nn.Module, _: object) -> None:
    """Before a pass, replace params by views of them; gradients reach the params through these."""
    assert isinstance(layer, Layer)
    for index, shape in layer.views.items():
        layer.viewed[index] = held(layer, index)
        view = layer.viewed[index].view(shape)
        for slots, name in _slots(layer, index):
            slots[name] = view  # type: ignore[assignment]  # only for this pass


def _take_views(layer: nn.Module, _: object, __: object) -> None:
    """After a pass, also a failed one, put the params back."""
    assert isinstance(layer, Layer)
    for index, param in layer.viewed.items():
        for slots, name in _slots(layer, index):
            slots[name] = param
    layer.viewed.clear()


def _shapes(layer: Layer) -> list[tuple[int, ...]]:
    """Shapes of the params in the layer's view."""
    own = enumerate(layer.own_params)
    return [layer.views.get(index) or tuple(held(layer, index).shape) for index, _ in own]
