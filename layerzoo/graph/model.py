"""The parts of a graph: blobs, params, layers.

A `Blob` is one version of a name: an in-place layer produces a new version. A blob that several layers read
is one blob with several consumers, not a copy for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import NamedTuple

from layerzoo.errors import ConfigError, Fault
from layerzoo.graph.facts import LayerType, ParamFacts, Shape
from layerzoo.graph.param_blobs import blob_slots, blobs_read, left
from layerzoo.nodes import Node
from layerzoo.schema import EngineParameter, LayerParameter, NetState, ParamSpec
from layerzoo.source import Origin


@dataclass(slots=True)
class Blob:
    """One version of a named blob.

    Attributes:
        index: its place in ``Graph.blobs``.
        name: the name that configs use.
        producer: index of the layer that produces it.
        shape: None if it is unknown, or open until a pass (below an Input without a shape).
        consumers: (layer index, bottom index) of each use.
        needs_grad: whether it needs a gradient.
    """

    index: int
    name: str
    producer: int
    shape: Shape | None = None
    consumers: list[tuple[int, int]] = field(default_factory=list)
    needs_grad: bool = False

    @property
    def count(self) -> int:
        """Number of elements; 1 for a scalar, 0 if the shape is None."""
        return 0 if self.shape is None else prod(self.shape)


@dataclass(slots=True)
class GraphParam:
    """One param blob of the net; layers that name it share it with its owner.

    Attributes:
        index: its place in ``Graph.params``.
        own: the owner's facts (name, shape, filler).
        shared_name: the name it is shared by; empty if it has none.
        lr_mult, decay_mult: multipliers of the global learning rate and weight decay.
        users: (layer index, index within that layer) of each use, the owner's first.
    """

    index: int
    own: ParamFacts
    shared_name: str = ""
    lr_mult: float = 1.0
    decay_mult: float = 1.0
    users: list[tuple[int, int]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Number of elements."""
        return prod(self.own.shape)


class InnerRun(NamedTuple):
    """A subnet that a layer runs.

    Attributes:
        path: what the names of its layers begin with, after the layer's own; empty for nothing.
        graph: its graph, with the shapes of one run.
        runs: how often it runs in a pass, at most.
    """

    path: str
    graph: Graph
    runs: int

    def path_of(self, layer: str) -> str:
        """The path of a layer of the subnet, inside the layer that runs it."""
        return f"{self.path}/{layer}" if self.path else layer


@dataclass(slots=True)
class GraphLayer:
    """One layer of the graph.

    Attributes:
        index: its place in ``Graph.layers``.
        name: the config's name, or type and index if it has none; ``name#2`` for the second layer of a name.
        param: its message, with the phase set and paths resolved.
        kind: the facts of its type.
        node: its node in the config; None for a message built in memory.
        bottoms, tops: indices of blob versions. After the bottoms stand the blobs that take the place of its
            params (`layerzoo.graph.param_blobs`).
        loss_weights: one for each top.
        propagate_down: for each bottom, whether a gradient may flow to it; always true with
            ``force_backward``.
        params: indices into ``Graph.params``, in the layer's own order.
        needs_backward: whether its backward pass is needed.
        own: the facts of its params, in the same order.
        inner: the subnets that it runs.
        place: its index in the net's message; None for a layer that the message doesn't have.
    """

    index: int
    name: str
    param: LayerParameter
    kind: LayerType
    node: Node | None
    bottoms: tuple[int, ...] = ()
    tops: tuple[int, ...] = ()
    loss_weights: tuple[float, ...] = ()
    propagate_down: tuple[bool, ...] = ()
    params: list[int] = field(default_factory=list)
    needs_backward: bool = False
    own: list[ParamFacts] = field(default_factory=list)
    inner: tuple[InnerRun, ...] = ()
    place: int | None = None
    _nodes: dict[str, list[Node]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def config_name(self) -> str:
        """The name in the config, which several layers can have; empty if there is none."""
        return self.param.name

    @property
    def in_place(self) -> set[int]:
        """Indices of the bottoms that a top of the same name overwrites."""
        pairs = zip(self.param.bottom, self.param.top, strict=False)
        return {index for index, (bottom, top) in enumerate(pairs) if bottom == top}

    @property
    def own_bottoms(self) -> tuple[int, ...]:
        """The bottoms without the blobs that take the place of params."""
        return self.bottoms[: len(self.param.bottom)]

    def bottom_name(self, index: int) -> str:
        """The name of a bottom, or of a blob that takes the place of a param."""
        return blobs_read(self.param)[index]

    def bottom_origin(self, index: int) -> Origin | None:
        """The position of a bottom, or of the ``param`` that names a blob."""
        count = len(self.param.bottom)
        if index < count:
            return self.origin("bottom", index)
        return self.origin("param.blob", list(blob_slots(self.param))[index - count])

    def spec(self, index: int) -> ParamSpec:
        """The learning and sharing of one of its params."""
        specs = left(self.param, self.param.param)
        if index < len(specs):
            return specs[index]
        return (self.own[index].spec if index < len(self.own) else None) or ParamSpec()

    def origin(self, path: str = "", index: int = 0) -> Origin | None:
        """The position of a field of the layer: the value of a scalar, the key of a message.

        Falls back to the field's message, then to the layer; None for a message built in memory.

        Args:
            path: dotted path of the field inside the layer; empty for the layer itself.
            index: which element of a repeated field.
        """
        if self.node is None:
            return None
        node = self.node
        for key in path.split(".") if path else ():
            children = self._own(key) if node is self.node else node.all(key)
            if not children:
                break
            node = children[min(index, len(children) - 1)]
        return node.origin if node.text is None else node.value_origin

    def _own(self, key: str) -> list[Node]:
        """The nodes of a field of the layer; kept, since a layer can have thousands of bottoms or tops."""
        nodes = self._nodes.get(key)
        if nodes is None:
            nodes = self._nodes[key] = self.node.all(key) if self.node is not None else []
        return nodes


def no_shape(blob: str, layer: GraphLayer, why: str = "") -> Fault:
    """The fault of an input without a shape in a place that needs one."""
    hint = "add input_param { shape { dim: … } }"
    return Fault(f"input '{blob}' has no shape{why}", layer.origin(), hint, layer.name)


@dataclass
class Graph:
    """The layers, blobs and params of a net and how they are connected.

    Attributes:
        name: the net's name.
        state: phase, level and stages that the layers were filtered by.
        layers, blobs, params: its parts; layers in the order of execution.
        force_backward: every layer runs its backward pass, needed or not.
        engine: how the net runs.
        skipped: (layer name, reason) of layers left out because they can't be built.
        missing: (layer name, reason) of layers whose code is missing, in a graph that is only shown.
        warnings: likely mistakes in a valid net.
        unread: the warnings about fields that the layer's type does not read.
        input_axes: for each input with axes that vary, by index: the names of these axes, empty for others.
        varying: for each axis that varies, the blobs whose shapes vary with it, each with the shape that it
            has if the axis has twice its size (`layerzoo.graph.varying`).
        training: builds the graph of the same net for TRAIN; None where it is unknown.
    """

    name: str
    state: NetState
    layers: list[GraphLayer] = field(default_factory=list)
    blobs: list[Blob] = field(default_factory=list)
    params: list[GraphParam] = field(default_factory=list)
    force_backward: bool = False
    engine: EngineParameter = field(default_factory=EngineParameter)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    unread: list[Fault] = field(default_factory=list)
    input_axes: dict[int, tuple[str, ...]] = field(default_factory=dict)
    varying: dict[str, dict[int, Shape]] = field(default_factory=dict)
    training: Callable[[], Graph] | None = None

    @cached_property
    def last(self) -> dict[str, Blob]:
        """The last version of each name, in the order the names first appear."""
        return {blob.name: blob for blob in self.blobs}

    @cached_property
    def inputs(self) -> list[Blob]:
        """The blobs that the caller of a pass provides: the tops of ``Input`` layers."""
        fed = (layer for layer in self.layers if layer.kind.is_input)
        return [self.blobs[top] for layer in fed for top in layer.tops]

    @cached_property
    def outputs(self) -> list[Blob]:
        """Blobs without a consumer, sorted by name as in Caffe."""
        return sorted((b for b in self.last.values() if not b.consumers), key=lambda b: b.name)

    @cached_property
    def losses(self) -> list[tuple[int, float]]:
        """(blob index, weight) of every blob that contributes to the loss."""
        pairs = (
            (top, w) for layer in self.layers for top, w in zip(layer.tops, layer.loss_weights, strict=True)
        )
        return [(top, weight) for top, weight in pairs if weight]

    def settle(self) -> None:
        """Compute the cached properties of a complete graph, since a compiled pass can't."""
        _ = self.last, self.inputs, self.outputs, self.losses

    def shapes(self, blobs: tuple[int, ...]) -> list[Shape]:
        """Shapes of the given blobs; an open or unknown shape has no axes, as in Caffe."""
        return [self.blobs[b].shape or () for b in blobs]

    def input_shapes(self) -> dict[str, Shape]:
        """The shape of each input, by name.

        Raises:
            ConfigError: an input has no shape.
        """
        shapes, faults = {}, []
        for blob in self.inputs:
            if blob.shape is None:
                faults.append(no_shape(blob.name, self.layers[blob.producer]))
            else:
                shapes[blob.name] = blob.shape
        if faults:
            raise ConfigError(faults)
        return shapes

    def macs(self, layer: GraphLayer) -> int:
        """Multiply-adds of a layer's forward pass; 0 if a shape is unknown."""
        if any(self.blobs[b].shape is None for b in (*layer.bottoms, *layer.tops)):
            return 0
        return layer.kind.macs(layer.param, self.shapes(layer.own_bottoms), self.shapes(layer.tops))
