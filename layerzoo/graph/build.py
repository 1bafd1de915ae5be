"""Build the graph: connect names to blobs, infer shapes, and report all faults at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import isfinite, prod

from layerzoo.collector import paused
from layerzoo.errors import (
    MAX_SHOWN_FAULTS,
    ConfigError,
    DataError,
    Fault,
    LayerFault,
    did_you_mean,
    in_text_order,
    nearest,
)
from layerzoo.graph.answers import counted, not_params, not_shapes
from layerzoo.graph.backward import mark_backward, warn_of_stops, warn_of_surrogates
from layerzoo.graph.by_shape import set_by_shape
from layerzoo.graph.config_blobs import blob_faults
from layerzoo.graph.facts import LayerType, LayerTypes, Shape, Unknown
from layerzoo.graph.here import at
from layerzoo.graph.inputs import input_layer
from layerzoo.graph.model import Blob, Graph, GraphLayer, no_shape
from layerzoo.graph.names import number_names
from layerzoo.graph.param_blob_faults import shape_faults, spec_faults
from layerzoo.graph.param_blobs import blobs_read
from layerzoo.graph.sharing import ParamTable
from layerzoo.graph.state import includes, set_state
from layerzoo.graph.unknown import unknown_type
from layerzoo.graph.unread import unread_fields
from layerzoo.graph.varying import vary
from layerzoo.nodes import Node
from layerzoo.registry import UnknownNameError
from layerzoo.schema import LayerParameter, NetParameter, NetState, part_of
from layerzoo.source import Origin

MAX_COUNT = 2**40
"""The largest number of elements of a blob or param; a config that asks for more is wrong."""


@paused()
def build_graph(
    net: NetParameter,
    state: NetState,
    types: LayerTypes,
    *,
    root: Node | None = None,
    resolve: Callable[[str], str] = str,
    unknown: Unknown = "error",
    broken: Collection[int] = (),
) -> Graph:
    """Build the graph of a net.

    Args:
        net: the net's message, upgraded from old formats.
        state: phase, level and stages to filter by; the net's own ``state`` is ignored.
        types: the registered layer types.
        root: the node tree that the message was bound from; its ``layer`` nodes match ``net.layer``.
        resolve: turns a path of the config into one that can be opened.
        unknown: how to treat layers that can't be built.
        broken: indices in ``net.layer`` of layers whose shapes are not inferred; the shapes below them stay
            unknown.

    Returns:
        the graph, with needed backward passes marked.

    Raises:
        ConfigError: the net has faults; the error holds all of them.
    """
    builder = _Builder(
        Graph(net.name, state, force_backward=net.force_backward, engine=net.engine_param),
        types,
        resolve,
        unknown,
        net.layer,
    )
    nodes = root.all("layer") if root is not None else []
    stages = frozenset(state.stage)
    if net.input and (net.input_shape or net.input_dim):  # Caffe drops inputs without a shape
        builder.add(input_layer(net), root.first("input") if root is not None else None)
    for index, layer in enumerate(net.layer):
        if layer.include and layer.exclude:
            where = nodes[index].first("exclude") if nodes else None
            builder.fault(
                "include and exclude rules in one layer",
                where.origin if where else None,
                layer.name,
                "give one kind",
            )
        elif includes(layer, state, stages):
            builder.add(layer, nodes[index] if nodes else None, whole=index not in broken, place=index)
    faults = builder.faults or ([] if builder.graph.missing else vary(builder.graph, net.layer))
    if faults:
        raise ConfigError(in_text_order(faults))
    number_names(builder.graph, [layer.name for layer in net.layer])
    mark_backward(builder.graph)
    warn_of_stops(builder.graph)
    warn_of_surrogates(builder.graph)
    return builder.graph


class _Builder:
    """Adds layers to a graph one by one and collects the faults.

    Attributes:
        current: the newest version of each blob, by name.
        written: the layers of the config, in every phase.
        left_out: blob names whose producer was left out.
        open: blobs without a shape until a pass, each with the input that leaves it open.
    """

    def __init__(
        self,
        graph: Graph,
        types: LayerTypes,
        resolve: Callable[[str], str],
        unknown: Unknown,
        written: Sequence[LayerParameter] = (),
    ) -> None:
        self.graph = graph
        self.types = types
        self.resolve = resolve
        self.written = written
        self.unknown = unknown
        self.faults: list[Fault] = []
        self.current: dict[str, Blob] = {}
        self.left_out: set[str] = set()
        self.open: dict[int, int] = {}
        self.params = ParamTable(graph, self.faults)

    def fault(self, message: str, origin: Origin | None, layer: str, hint: str | None = None) -> None:
        """Record a fault."""
        self.faults.append(Fault(message, origin, hint, layer))

    def add(
        self, config: LayerParameter, node: Node | None, whole: bool = True, place: int | None = None
    ) -> None:
        """Add one layer. A faulty layer is added as far as possible, so that later layers are checked too."""
        kind = self._kind(config, node)
        missing = kind.missing(config) if kind is not None and self.unknown != "error" else None
        if missing is not None and self.unknown == "stub":
            self.graph.skipped.append((config.name, missing))
            kind = None
        if kind is None:
            self.left_out.update(config.top)
            return
        cut = [name for name in blobs_read(config) if name in self.left_out and name not in self.current]
        if cut and self.unknown != "error":
            self.graph.skipped.append((config.name, f"bottom '{cut[0]}' comes from a layer left out"))
            self.left_out.update(config.top)
            return
        index = len(self.graph.layers)
        param = LayerParameter()
        param.CopyFrom(config)
        if not param.HasField("phase"):
            param.phase = self.graph.state.phase
        set_state(param, self.graph.state)
        layer = GraphLayer(
            index, config.name or f"{config.type.lower()}{index}", param, kind, node, place=place
        )
        if kind is not self.types[config.type]:
            param.type = kind.type_name
            message = f"Layerzoo's {kind.type_name} takes the place of {config.type} code that is not allowed"
            hint = (
                f"'layerzoo explain {kind.type_name}' describes it; -allow_python MODULE runs your own code"
            )
            self.graph.warnings.append(Fault(message, layer.origin("python_param.module"), hint, layer.name))
        self.graph.layers.append(layer)
        self._report_unread(layer)
        self._resolve_paths(layer)
        self._connect_bottoms(layer)
        if param.by_shape:
            whole = self._set_by_shape(layer) and whole
        self._connect_tops(layer)
        if missing is not None:
            self.graph.missing.append((layer.name, missing))
        elif self._check_counts(layer) and whole:
            self._infer(layer)

    def _kind(self, config: LayerParameter, node: Node | None) -> LayerType | None:
        if not config.type:
            self.fault("the layer has no type", node.origin if node else None, config.name, "add 'type: …'")
            return None
        try:
            kind = self.types[config.type]
            other = kind.replacement(config)
            return kind if other is None else self.types[other]
        except UnknownNameError as error:
            if self.unknown != "error":
                self.graph.skipped.append((config.name, f"unknown layer type '{error.name}'"))
            else:
                self.faults.append(
                    unknown_type(error, config.name, node, hinted=len(self.faults) < MAX_SHOWN_FAULTS)
                )
            return None

    def _report_unread(self, layer: GraphLayer) -> None:
        """Warn of fields that the type doesn't read, since Caffe accepts them; refuse Layerzoo's own."""
        for fault, refused in unread_fields(layer):
            if refused and self.unknown == "error":
                self.faults.append(fault)
            else:
                self.graph.warnings.append(fault)
                self.graph.unread.append(fault)

    def _resolve_paths(self, layer: GraphLayer) -> None:
        for path in layer.kind.path_fields:
            first, *inner, field = path.split(".")
            message = part_of(layer.param, first)
            for name in inner:
                message = getattr(message, name) if message is not None and message.HasField(name) else None
            if message is not None and message.HasField(field):
                setattr(message, field, self.resolve(getattr(message, field)))

    def _connect_bottoms(self, layer: GraphLayer) -> None:
        names = layer.param.bottom
        bottoms: list[int] = []
        for index, name in enumerate(blobs_read(layer.param)):
            blob = self.current.get(name)
            if blob is not None:
                blob.consumers.append((layer.index, index))
                bottoms.append(blob.index)
            elif name and name not in self.left_out:
                message = f"unknown {'bottom' if index < len(names) else 'param'} blob '{name}'"
                self.fault(message, layer.bottom_origin(index), layer.name, self._similar(name))
                self.left_out.add(name)
        layer.bottoms = tuple(bottoms)
        self.faults += spec_faults(layer)
        flags = tuple(layer.param.propagate_down)
        if flags and len(flags) != len(names):
            message = f"{len(flags)} propagate_down for {len(names)} bottoms"
            self.fault(
                message, layer.origin("propagate_down"), layer.name, "set it for each bottom, or for none"
            )
            flags = ()
        flags = (() if self.graph.force_backward else flags) or (True,) * len(names)
        layer.propagate_down = flags + (True,) * (len(bottoms) - len(names))

    def _set_by_shape(self, layer: GraphLayer) -> bool:
        """Set the numbers that depend on the shapes of bottoms; return whether they are known."""
        source = next((self.open[b] for b in layer.own_bottoms if b in self.open), None)
        if source is not None:
            self._shape_needed(source, layer, LayerFault("a number of it depends on the shape"))
            return False
        shapes = [self.graph.blobs[b].shape for b in layer.own_bottoms]
        known = [shape for shape in shapes if shape is not None]
        if len(known) == len(layer.param.bottom):
            try:
                set_by_shape(layer.param, known)
                return True
            except LayerFault as fault:
                self._layer_fault(layer, fault, known)
        return False

    def _similar(self, name: str) -> str | None:
        """The hint for an unknown blob; a fault that is not shown has none, since a search takes long."""
        if len(self.faults) >= MAX_SHOWN_FAULTS:
            return None
        for layer in self.written:
            if name in layer.top and includes(layer, self.graph.state):
                return f"layer '{layer.name or layer.type}' produces it below; move that layer above"
        return did_you_mean(nearest(name, reversed(self.current))) or "no layer above produces it"

    def _connect_tops(self, layer: GraphLayer) -> None:
        # Caffe adds a top to a loss layer that names none
        names = list(layer.param.top) or ([f"({layer.name})"] if layer.kind.is_loss else [])
        first = len(self.graph.blobs)
        for index, name in enumerate(names):
            old = self.current.get(name)
            in_place = index < len(layer.param.bottom) and layer.param.bottom[index] == name
            origin = layer.origin("top", index)
            if old is not None and not in_place:
                producer = self.graph.layers[old.producer].name
                message = f"top blob '{name}' is already produced by layer '{producer}'"
                hint = "give it another name; only a layer's own bottom may be overwritten"
                self.fault(message, origin, layer.name, hint)
            elif in_place and not layer.kind.may_be_in_place:
                message = f"'{layer.param.type}' does not run in place in Caffe; in Layerzoo it does"
                self.graph.warnings.append(Fault(message, origin, None, layer.name))
            blob = Blob(len(self.graph.blobs), name, layer.index)
            self.graph.blobs.append(blob)
            self.current[name] = blob
        layer.tops = tuple(range(first, len(self.graph.blobs)))
        self._set_loss_weights(layer)

    def _set_loss_weights(self, layer: GraphLayer) -> None:
        configured, tops = list(layer.param.loss_weight), len(layer.tops)
        if len(configured) > tops or (configured and len(configured) < tops and not layer.kind.is_loss):
            message = f"{len(configured)} loss_weight for {tops} tops"
            self.fault(message, layer.origin("loss_weight"), layer.name, "set it for each top, or for none")
        odd = next((weight for weight in configured if not isfinite(weight)), None)
        if odd is not None:
            message = f"loss_weight is {odd}; expected a finite number"
            self.fault(message, layer.origin("loss_weight", configured.index(odd)), layer.name)
        weights = configured or [self._default_loss_weight(layer)]
        layer.loss_weights = tuple((weights + [0.0] * tops)[:tops])

    def _default_loss_weight(self, layer: GraphLayer) -> float:
        try:
            return layer.kind.default_loss_weight(layer.param)
        except LayerFault:  # raised again when its shapes are inferred
            return 0.0

    def _check_counts(self, layer: GraphLayer) -> bool:
        before = len(self.faults)
        bottoms, tops = len(layer.param.bottom), len(layer.tops)
        for what, got, want in (("bottom", bottoms, layer.kind.bottoms), ("top", tops, layer.kind.tops)):
            if got < want.min or (want.max is not None and got > want.max):
                message = f"'{layer.param.type}' takes {counted(want, what)}, not {got}"
                self.fault(message, layer.origin(), layer.name, f"list {counted(want, what)}")
        if layer.kind.as_many_tops and bottoms != tops and len(self.faults) == before:
            message = f"'{layer.param.type}' has one top for each bottom: {bottoms} bottoms, but {tops} tops"
            self.fault(message, layer.origin(), layer.name, "list as many tops as bottoms")
        return len(self.faults) == before

    def _infer(self, layer: GraphLayer) -> None:
        """Infer the shapes of tops and params, unless a fault above left a bottom without a shape.

        A bottom whose shape is open counts as a blob without axes, as in Caffe.
        """
        known = (() if b in self.open else self.graph.blobs[b].shape for b in layer.bottoms)
        read = [shape for shape in known if shape is not None]
        if len(read) != len(blobs_read(layer.param)):
            return
        bottoms, given = read[: len(layer.param.bottom)], read[len(layer.param.bottom) :]
        source = next((self.open[b] for b in layer.bottoms if b in self.open), None)
        try:
            with at(layer.node):
                shapes = layer.kind.top_shapes(layer.param, bottoms)
                own = layer.kind.all_params(layer.param, bottoms)
                layer.inner = tuple(layer.kind.inner_runs(layer.param, bottoms))
        except LayerFault as fault:
            if source is None:
                self._layer_fault(layer, fault, bottoms)
            else:
                self._shape_needed(source, layer, fault)
            return
        except DataError as error:
            error.locate(layer.name, layer.origin(next(iter(layer.kind.path_fields), "")))
            if layer.kind.is_data:
                error.advise("copy or make it again, or name another source")
            raise
        except Exception as error:
            error.add_note(f"in layer '{layer.name}' ({layer.param.type}{_at(layer)}), bottoms: {bottoms}")
            raise
        if unshaped := [self.open[b] for b in layer.bottoms[len(bottoms) :] if b in self.open]:
            self._shape_needed(unshaped[0], layer, LayerFault("the blob stands for a param"))
            return
        wrong = not_shapes(shapes, len(layer.tops)) or not_params(own)
        if wrong:
            self.fault(f"layer type '{layer.param.type}': {wrong}", layer.origin(), layer.name)
            return
        if source is not None or not shapes:
            self.open.update((top, top if source is None else source) for top in layer.tops)
            shapes = []
        for top, shape in zip(layer.tops, shapes, strict=False):
            blob = self.graph.blobs[top]
            blob.shape = tuple(shape)
            if min(shape, default=0) < 0 or blob.count > MAX_COUNT:
                message = f"impossible shape {blob.shape} of blob '{blob.name}'"
                self.fault(message, layer.origin(), layer.name)
                blob.shape = None
        for param in own:
            if min(param.shape, default=0) < 0 or prod(param.shape) > MAX_COUNT:
                message = f"impossible shape {tuple(param.shape)} of param '{param.name}'"
                self.fault(message, layer.origin(), layer.name)
                return
        self.graph.warnings += (warning for run in layer.inner for warning in run.graph.warnings)
        self.faults += shape_faults(layer, own, given)
        self.params.add(layer, own)
        self.faults += blob_faults(layer, layer.own)
        try:
            for message in layer.kind.check(layer.param, bottoms):
                self.graph.warnings.append(Fault(message, layer.origin(), None, layer.name))
        except LayerFault as fault:
            self._layer_fault(layer, fault, bottoms)

    def _shape_needed(self, source: int, layer: GraphLayer, fault: LayerFault) -> None:
        blob = self.graph.blobs[source]
        why = f", and layer '{layer.name}' ({layer.param.type}) needs it: {fault.message}"
        self.faults.append(no_shape(blob.name, self.graph.layers[blob.producer], why))

    def _layer_fault(self, layer: GraphLayer, fault: LayerFault, bottoms: list[Shape]) -> None:
        if fault.inner:
            self.faults += fault.inner
            return
        origin = layer.origin(fault.field or "")
        if fault.field is None and fault.bottom is not None:
            origin = layer.bottom_origin(fault.bottom)
        received = ", ".join(f"'{n}' {s}" for n, s in zip(layer.param.bottom, bottoms, strict=True))
        message = f"{fault.message}; bottoms: {received}" if received else fault.message
        self.fault(message, origin, layer.name, fault.hint)


def _at(layer: GraphLayer) -> str:
    origin = layer.origin()
    return f", {origin}" if origin else ""
