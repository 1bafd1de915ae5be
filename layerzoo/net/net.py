"""The net as a module."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

from layerzoo.blobs.named import NamedBlobs
from layerzoo.collector import paused
from layerzoo.contract import watch_first_pass
from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS, Clock, Layer, Shape
from layerzoo.net.feed import Feed
from layerzoo.net.params import NetParams
from layerzoo.net.plan import Plan, fetched
from layerzoo.net.wiring import NetConfig, graph_of, log_unread
from layerzoo.schema import TEST, TRAIN, NetParameter, NetState
from layerzoo.user_code import by_user
from layerzoo.weights import LoadReport, load, save

log = logging.getLogger("layerzoo")

Phase = Literal["TRAIN", "TEST"]
NetSource = NetConfig | Graph
N = TypeVar("N", bound="Net")


class Net(nn.Module):
    """A net that runs.

    Args:
        source: a config file, its loaded document, a message, or a graph that was built before.
        phase: TRAIN or TEST; with ``level`` and ``stages`` it chooses the layers.
        state: phase, level and stages at once, in place of the three.
        weights: files to start from, in order; else the params are filled by their fillers.
        strict: each of those files has to fit the net blob for blob.
        lenient: one of which no blob fits is no error.
        share: a net whose params this one uses instead of its own, where a layer of the same name has them.
        seed: of fillers, dropout and the order of data.
        device: where it runs; ``meta`` builds it without memory.
        unknown: ``stub`` goes on without layers of unknown type.

    Attributes:
        graph: its wiring as data.
        layers: its layers as modules, by name.
        param_places: which layers hold which params.
        clock: where it is in its run; a forward pass counts ``clock.batch`` up.

    Raises:
        ConfigError: the config has faults.
        WeightsError: a weights file can't be read, no blob of it fits, or ``strict`` is broken.
    """

    @paused()
    def __init__(
        self,
        source: NetSource,
        phase: Phase = "TEST",
        *,
        level: int = 0,
        stages: Sequence[str] = (),
        state: NetState | None = None,
        weights: str | Path | Sequence[str | Path] = (),
        strict: bool = False,
        lenient: bool = False,
        share: Net | None = None,
        seed: int = 0,
        device: str | torch.device = "cpu",
        unknown: Literal["error", "stub"] = "error",
    ) -> None:
        super().__init__()
        if state is None:
            state = NetState(phase=TRAIN if phase == "TRAIN" else TEST, level=level, stage=stages)
        self.graph = source if isinstance(source, Graph) else graph_of(source, state, unknown)
        if source is not self.graph:  # who wires a graph tells of its warnings
            log_unread(self.graph)
        self.name = self.graph.name
        self.clock = Clock(seed)
        with torch.device(device):
            built = [_build_layer(spec, self.graph, seed) for spec in self.graph.layers]
        self.layers = nn.ModuleDict(_module_names(self.graph, built))
        self._layers = built
        self._by_name = {spec.name: layer for spec, layer in zip(self.graph.layers, built, strict=True)}
        self._values: list[Tensor | None] = [None] * len(self.graph.blobs)
        self._sources = [(built[i], self.graph.layers[i].tops) for i in fetched(self.graph, built)]
        self._all = Plan(self.graph, built)
        self.param_places = NetParams(self.graph, built)
        for spec, layer in zip(self.graph.layers, built, strict=True):
            layer.clock = self.clock
            watch_first_pass(layer, spec.param.top, _top_shapes(spec, self.graph), spec.in_place)
        self.param_places.tie()
        for param in self.graph.params:
            if param.lr_mult == 0 and not self.graph.force_backward:
                self.param_places[param.users[0]].requires_grad_(False)
        self.train(self.graph.state.phase == TRAIN)
        self._place(torch.device(device))
        if share is not None:
            self.share_with(share)
        if torch.device(device).type != "meta":
            filled = set(map(id, share.parameters())) if share is not None else set()
            for param in self.graph.params:
                owner, index = param.users[0]
                if id(self.param_places[owner, index]) not in filled:
                    built[owner].fill_params(seed, (index,))
        for path in [weights] if isinstance(weights, str | Path) else weights:
            log.info("%s", self.load_weights(path, strict, lenient))

    def forward(self, *inputs: Tensor, **named: Tensor) -> dict[str, Tensor]:
        """Run the net on its inputs.

        Args:
            inputs: by position, in the order of ``graph.inputs``, or ``named``; a net with data layers takes
                none. The batch size may differ from the config's.

        Returns:
            the outputs (blobs that nothing consumes) by name, in Caffe's order.
        """
        values = self.run(self.fetch() | self._inputs(inputs, named), self._all)
        if not torch.compiler.is_compiling():  # an exported or compiled graph must not hold its tensors
            self._values = values
            self.clock.batch += 1
        return {blob.name: values[blob.index] for blob in self.graph.outputs}  # type: ignore[misc]

    def fetch(self, batch: int | None = None) -> Feed:
        """Run the data layers: what `run` takes, on the net's device.

        Args:
            batch: number of the pass, from 0; None takes ``clock.batch``.

        Raises:
            DataError: a source is damaged.
        """
        if batch is not None:
            self.clock.batch = batch
        blobs: dict[int, Tensor] = {}
        for layer, tops in self._sources:
            try:
                made = layer()
            except Exception as error:
                self._explain(error, layer, ())
                raise
            blobs.update(zip(tops, made if type(made) is tuple else (made,), strict=True))
        return Feed(blobs, self.clock.batch)

    def run(self, feed: Feed, plan: Plan, values: list[Tensor | None] | None = None) -> list[Tensor | None]:
        """One pass over a plan's steps: tensors in, tensors out, no data read.

        Args:
            feed: from `fetch`, with the net's inputs if it has any.
            values: blob versions made before, for a plan that starts in the middle.

        Returns:
            every blob version that the plan keeps, by index; None where it was not made or was let go.
        """
        held: list[Tensor | None] = [None] * len(self.graph.blobs) if values is None else values
        for index, tensor in feed.blobs.items():
            held[index] = tensor
        for layer, bottoms, tops, cut, frees in plan.steps:
            given = [held[b] for b in bottoms]
            for position in cut:
                given[position] = given[position].detach()  # type: ignore[union-attr]
            try:
                made = layer(*given)
            except Exception as error:
                self._explain(error, layer, given)
                raise
            if type(made) is tuple:
                for top, tensor in zip(tops, made, strict=True):
                    held[top] = tensor
            elif tops:
                held[tops[0]] = made
            for index in frees:
                held[index] = None
        return held

    def loss(self, values: Sequence[Tensor | None] | None = None) -> Tensor:
        """The total loss of a forward pass (the last one): each loss blob's sum times its weight."""
        total: Tensor | None = None
        for index, weight in self.graph.losses:
            value = (self._values if values is None else values)[index]
            if value is None:
                raise UsageError("no forward pass has been run yet")
            part = value.sum() if value.dim() else value
            part = part * weight if weight != 1 else part
            total = part if total is None else total + part
        return torch.zeros((), device=self.device) if total is None else total

    @property
    def blobs(self) -> Mapping[str, Tensor]:
        """The last version of each blob after a forward pass, by name, in the order of the config."""
        return _Blobs(self)

    @property
    def params(self) -> Mapping[str, list[nn.Parameter]]:
        """Param blobs by layer name, in Caffe's order; layers that have any."""
        return {name: layer.blobs for name, layer in self._by_name.items() if layer.blobs}

    @property
    def weights(self) -> Mapping[str, NamedBlobs[Tensor]]:
        """What weights files hold, by layer name: the param blobs, then buffers of submodules."""
        found = {name: layer.weights for name, layer in self._by_name.items()}
        return {name: blobs for name, blobs in found.items() if blobs}

    @property
    def learnable(self) -> list[nn.Parameter]:
        """The params in Caffe's order, each shared one once; ``graph.params`` stands beside it."""
        return [self.param_places[param.users[0]] for param in self.graph.params]

    @cached_property
    def outputs_only(self) -> Plan:
        """A plan of the whole net that keeps its outputs and losses and lets everything else go."""
        kept = [blob.index for blob in self.graph.outputs] + [index for index, _ in self.graph.losses]
        return Plan(self.graph, self._layers, kept)

    @property
    def device(self) -> torch.device:
        """Where the net runs."""
        return self._device

    def layer(self, name: str) -> Layer:
        """A layer by its name in the config.

        Raises:
            UsageError: there is none of that name.
        """
        if name not in self._by_name:
            hint = did_you_mean(nearest(name, self._by_name))
            raise UsageError(f"no layer '{name}' in net '{self.name}'" + (f"; {hint}" if hint else ""))
        return self._by_name[name]

    def share_with(self, other: Net) -> None:
        """Use the params of another net's layers of the same names; both see every change.

        A layer that only this net has, and that shares a param by name, follows the other users of that name.

        Raises:
            WeightsError: a layer of the same name has params of another shape.
        """
        self.param_places.share(other.param_places)

    def load_weights(self, path: str | Path, strict: bool = False, lenient: bool = False) -> LoadReport:
        """Copy weights of a file into the params, by layer name; the params keep their addresses.

        Args:
            path: ``.safetensors``, ``.caffemodel`` of any age, or ``.h5``.
            strict: anything that doesn't fit is an error, and nothing is copied.
            lenient: a file of which no blob fits is no error.

        Raises:
            WeightsError: the file can't be read, no blob of it fits, or ``strict`` is broken.
        """
        return load(self.weights, path, strict, lenient)

    def save_weights(self, path: str | Path, diffs: bool = False) -> None:
        """Write the params as ``.safetensors``, ``.caffemodel`` or ``.h5``, by the suffix; all or nothing.

        Args:
            path: the file.
            diffs: write the gradients too, as ``snapshot_diff`` asks for; Caffe's formats only.

        Raises:
            WeightsError: another suffix, or the format can't hold the params.
            OSError: the file can't be written.
        """
        message = NetParameter(name=self.name, layer=[layer.param for layer in self.graph.layers])
        save(self.weights, path, message, self.param_places.gradients() if diffs else None)

    def blob(self, index: int) -> Tensor:
        """A blob version of the last forward pass."""
        value = self._values[index]
        if value is None:
            raise UsageError(f"blob '{self.graph.blobs[index].name}' is empty: no forward pass has been run")
        return value

    @property
    def data_layers(self) -> list[Layer]:
        """The layers that read a source of data."""
        return [layer for layer in self._layers if layer.is_data]

    def ordered_layers(self) -> list[Layer]:
        """The layers in the graph's order."""
        return list(self._layers)

    def _inputs(self, inputs: Sequence[Tensor], named: Mapping[str, Tensor]) -> dict[int, Tensor]:
        wanted = self.graph.inputs
        names = [blob.name for blob in wanted]
        given = {**dict(zip(names, inputs, strict=False)), **named}
        if len(inputs) > len(names) or given.keys() != set(names):
            got = ", ".join(given) or "none"
            if len(inputs) > len(names):
                got = f"{len(inputs)} of them"
            raise UsageError(f"net '{self.name}' takes the inputs {', '.join(names) or 'none'}; got {got}")
        for blob in wanted:
            shape = tuple(given[blob.name].shape)
            if blob.shape is not None and len(shape) != len(blob.shape):
                raise UsageError(
                    f"input '{blob.name}' has {len(shape)} axes {shape}; the net takes {blob.shape}"
                )
        return {blob.index: given[blob.name] for blob in wanted}

    def _apply(self: N, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> N:
        tied = self.param_places.tied()
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self.param_places.tie_again(tied)  # a new type of device can give each layer a param of its own
        self._place(fn(torch.empty(0, device=self._device)).device)
        return self

    def _place(self, device: torch.device) -> None:
        self._device = device
        for layer in self.data_layers:
            layer.device = device  # type: ignore[assignment]

    def _explain(self, error: Exception, layer: Layer, given: Sequence[Tensor | None]) -> None:
        spec = self.graph.layers[self._layers.index(layer)]
        where = f", {origin}" if (origin := spec.origin()) else ""
        shapes = ", ".join(str(tuple(t.shape)) if t is not None else "missing" for t in given)
        error.add_note(f"in layer '{spec.name}' ({spec.param.type}{where}), bottoms: {shapes or 'none'}")


class _Blobs(Mapping[str, Tensor]):
    """A view of the last forward pass."""

    def __init__(self, net: Net) -> None:
        self._net = net

    def __getitem__(self, name: str) -> Tensor:
        blob = self._net.graph.last.get(name)
        if blob is None:
            raise KeyError(f"no blob '{name}'; the net has {', '.join(self._net.graph.last)}")
        return self._net.blob(blob.index)

    def __iter__(self) -> Iterator[str]:
        return iter(self._net.graph.last)

    def __len__(self) -> int:
        return len(self._net.graph.last)


def _build_layer(spec: GraphLayer, graph: Graph, seed: int) -> Layer:
    return LAYERS[spec.param.type].build(spec.param, graph.shapes(spec.bottoms), seed, spec.name)


def _top_shapes(spec: GraphLayer, graph: Graph) -> Callable[[list[Shape]], Sequence[Shape] | None]:
    """Shapes of bottoms → those of the tops; None where only running tells."""

    def shapes(bottoms: list[Shape]) -> Sequence[Shape] | None:
        if bottoms == graph.shapes(spec.bottoms):
            return graph.shapes(spec.tops)
        return spec.kind.top_shapes(spec.param, bottoms) if by_user(spec.kind) else None

    return shapes


def _module_names(graph: Graph, layers: list[Layer]) -> dict[str, Layer]:
    """Module names for layers: their own, made unique and free of what torch forbids."""
    taken = set(dir(nn.ModuleDict))
    named: dict[str, Layer] = {}
    for spec, layer in zip(graph.layers, layers, strict=True):
        name = spec.name.replace(".", "_")
        if name in taken or name in named:
            name = f"{name}_{spec.index}"
        named[name] = layer
    return named
