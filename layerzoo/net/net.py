"""The net, a module of layers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import torch
from torch import Tensor, nn

from layerzoo.blobs.named import NamedBlobs
from layerzoo.collector import paused
from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.graph import Graph
from layerzoo.layer import Clock, Layer, module_names
from layerzoo.net.as_module import BlobModule
from layerzoo.net.explain import explain
from layerzoo.net.feed import Feed, in_type, whole_inputs
from layerzoo.net.functional import FunctionalNet, functional
from layerzoo.net.last_pass import Blobs, LastPass
from layerzoo.net.layers import Layers, as_layers, build_layers, restore_constants
from layerzoo.net.params import NetParams, with_params_of
from layerzoo.net.part import Part
from layerzoo.net.passes import PassCounter, compiled_feed
from layerzoo.net.rewriting.deployment import Deployment
from layerzoo.net.rewriting.light import Light
from layerzoo.net.wiring import NetConfig, graph_of, log_unread
from layerzoo.plan import Plan, fetched, run_steps
from layerzoo.schema import TEST, TRAIN, NetParameter, NetState
from layerzoo.weights import LoadReport, load, save

log = logging.getLogger("layerzoo")

NetSource = NetConfig | Graph


class Net(nn.Module):
    """A net as a ``torch.nn.Module``.

    ``phase`` selects the layers; ``train()`` and ``eval()`` switch, as in torch, those that differ in
    training (Dropout, BatchNorm). A net of phase TRAIN starts in training mode.

    Args:
        source: a config file, its loaded document, a message, or a graph.
        phase: TRAIN or TEST; with ``level`` and ``stages`` it selects the layers.
        state: phase, level and stages together, in place of the three.
        weights: files to load, in order; None leaves the params to their fillers.
        strict, lenient: each of those files has to match the net blob for blob; or needn't match at all.
        share: a net with which this one shares the params of layers of the same name.
        seed: seed of fillers, dropout and the order of data.
        device: where the net runs; ``meta`` builds it without memory.
        unknown: ``stub`` leaves out layers of unknown type, and all layers that depend on them.

    Attributes:
        graph: its wiring as data.
        layers: its layers as modules, by name; ``net.layers["ip"] = module`` replaces one.
        param_places: the params that each layer holds.
        sources: the layers that `fetch` runs, each with its tops.
        outputs_only: a plan of the whole net that keeps only its outputs and losses.
        passes: counts the passes of a compiled net with random layers.
        clock: progress of the run; a forward pass increments ``clock.batch``.

    Raises:
        ConfigError: the config has faults.
        OutOfMemoryError: the params need more memory than there is.
        WeightsError: a weights file can't be read, none of its blobs matches, or ``strict`` is violated.
    """

    @paused()
    def __init__(
        self,
        source: NetSource,
        phase: Literal["TRAIN", "TEST"] = "TEST",
        *,
        level: int = 0,
        stages: Sequence[str] = (),
        state: NetState | None = None,
        weights: str | Path | Sequence[str | Path] | None = None,
        strict: bool = False,
        lenient: bool = False,
        share: Net | None = None,
        seed: int = 0,
        device: str | torch.device = "cpu",
        unknown: Literal["error", "stub"] = "error",
    ) -> None:
        super().__init__()
        state = state or NetState(phase=TRAIN if phase == "TRAIN" else TEST, level=level, stage=stages)
        self.graph = source if isinstance(source, Graph) else graph_of(source, state, unknown)
        if source is not self.graph:  # the warnings of a graph are logged by the code that builds it
            log_unread(self.graph)
        self.name, self.clock = self.graph.name, Clock(seed)
        built = build_layers(self.graph, seed, torch.device(device), None if share is None else share.graph)
        self.layers = Layers(module_names(self.graph, built))
        self._last = LastPass()
        self._empty = torch.empty(0, device=device)  # of the net's device and type
        self.passes: PassCounter | None = None
        self._take_up(built)
        self.layers.bind(self._replace)
        self.param_places.tie()
        for param in self.graph.params:
            if param.lr_mult == 0 and not self.graph.force_backward:
                self.param_places[param.users[0]].requires_grad_(False)
        self.train(self.graph.state.phase == TRAIN)
        for layer in self.data_layers:
            layer.device = self.device  # type: ignore[assignment]
        if share is not None:
            self.share_with(share)
        if self.device.type != "meta":
            self.param_places.fill(seed, set() if share is None else set(map(id, share.parameters())))
        for path in [weights] if isinstance(weights, str | Path) else weights or ():
            log.info("%s", self.load_weights(path, strict, lenient))

    def forward(
        self, *inputs: Tensor, start: str | None = None, end: str | None = None, **named: Tensor
    ) -> dict[str, Tensor]:
        """Run the net, or some of its layers, on inputs.

        Args:
            inputs: inputs by position, in the order of the property ``inputs``. The batch size may differ
                from the config's.
            start, end: names of the first and last layer to run, both included, as in Caffe. From ``start``
                on, layers take blobs of the last pass, or blobs that are passed by name.
            named: inputs by name.

        Returns:
            the outputs (blobs that no layer consumes) by name, in Caffe's order; with ``end`` its tops.

        Raises:
            UsageError: a layer does not exist, or a blob is missing.
        """
        if start is not None or end is not None:
            return self._forward_part(inputs, start, end, named)
        if not torch.compiler.is_compiling():  # an exported or compiled graph must not hold its tensors
            if self.layers.standing() != self._standing:
                self._follow()
            self._last.forget()
        feed = compiled_feed(self) if torch.compiler.is_compiling() else self.fetch()
        feed = feed | in_type(whole_inputs(self.graph, inputs, named), self.dtype)
        values = self.run(feed, plan := self._light.chosen())
        if not torch.compiler.is_compiling():
            self._last.keep(values, self._ends, self._light.rest(self, feed, plan))
            self.clock.batch += 1
        return {blob.name: values[blob.index] for blob in self.graph.outputs}  # type: ignore[misc]

    def fetch(self, batch: int | None = None) -> Feed:
        """Run the data layers; returns the feed for `run`, on the net's device.

        Args:
            batch: number of the pass, from 0; None is ``clock.batch``.

        Raises:
            DataError: a source is damaged.
        """
        self.clock.batch = self.clock.batch if batch is None else batch
        blobs: dict[int, Tensor] = {}
        for layer, tops in self.sources:
            try:
                made = layer()
            except Exception as error:
                self._explain(error, layer, ())
                raise
            blobs.update(zip(tops, made if type(made) is tuple else (made,), strict=True))
        number = None if self.passes is None else self.clock.on(self.device)
        return Feed(in_type(blobs, self.dtype), self.clock.batch, number)

    def run(self, feed: Feed, plan: Plan, values: list[Tensor | None] | None = None) -> list[Tensor | None]:
        """Run the steps of a plan on tensors; no data is read.

        Args:
            feed: from `fetch`, with the net's inputs if it has any.
            plan: the steps.
            values: blob versions from before, for a plan that starts in the middle; changed in place.

        Returns:
            every blob version that the plan keeps, by index; None if it was not computed or was freed.
        """
        held: list[Tensor | None] = [None] * len(self.graph.blobs) if values is None else values
        for index, tensor in feed.blobs.items():
            held[index] = tensor
        self.clock.number = feed.number
        try:
            run_steps(plan.ready(), held, self._explain)
        finally:
            self.clock.number = None
        return held

    def loss(self, values: Sequence[Tensor | None] | None = None) -> Tensor:
        """The total loss of a forward pass: the sum of each loss blob times its weight.

        It has an autograd graph after ``net()``, until the next pass begins; none after a solver's step.

        Args:
            values: blob versions by index, from `run`; None uses the last pass.

        Raises:
            UsageError: no forward pass has been run.
        """
        total: Tensor | None = None
        for index, weight in self.graph.losses:
            value = self._last.find(index) if values is None else values[index]
            if value is None:
                raise UsageError("no forward pass has been run yet")
            part = self.clock.total(index, value)
            part = part * weight if weight != 1 else part
            total = part if total is None else total + part
        return torch.zeros((), device=self.device) if total is None else total

    @property
    def blobs(self) -> Mapping[str, Tensor]:
        """The last version of each blob after a forward pass, by name, in the order of the config.

        Kept until the next pass begins: outputs and losses with their autograd graph, others as values unless
        something else references them. After a solver's step or test: outputs and losses, as values.
        """
        return Blobs(self.graph, self._last)

    @property
    def params(self) -> Mapping[str, list[nn.Parameter]]:
        """Param blobs by layer name, in Caffe's order; only layers that have any.

        If several layers have one name, ``name#2`` is that of the second.
        """
        return self.param_places.blobs()

    @property
    def weights(self) -> Mapping[str, NamedBlobs[Tensor]]:
        """The content of weights files, named as in `params`: the param blobs, then buffers of submodules."""
        return self.param_places.weights()

    @property
    def learnable(self) -> list[nn.Parameter]:
        """The params in Caffe's order, parallel to ``graph.params``; a shared param is listed once."""
        return [self.param_places[param.users[0]] for param in self.graph.params]

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs of `forward`, in order."""
        return [blob.name for blob in self.graph.inputs]

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs of `forward`: the blobs that no layer consumes, in Caffe's order."""
        return [blob.name for blob in self.graph.outputs]

    def as_module(self, output: str | None = None, inputs: Sequence[str] | None = None) -> BlobModule:
        """The net as a module from tensors to a tensor, e.g. for ``nn.Sequential``; see `BlobModule`."""
        return BlobModule(self, output, inputs)

    def functional(self, outputs: Sequence[str] | None = None) -> tuple[dict[str, Tensor], FunctionalNet]:
        """The params that learn, and ``function(params, inputs) -> outputs``; see `FunctionalNet`."""
        return functional(self, outputs)

    def keep_outputs(self, values: Mapping[int, Tensor] | Sequence[Tensor | None]) -> None:
        """Make the outputs and losses of a pass of an engine available in `blobs`, as values."""
        self._last.keep_outputs({i: value for i in self._ends if (value := values[i]) is not None})

    @property
    def device(self) -> torch.device:
        """Where the net runs."""
        return self._empty.device

    @property
    def dtype(self) -> torch.dtype:
        """The type of its params and blobs: float32, or what ``double()`` and the like made of it."""
        return self._empty.dtype

    def layer(self, name: str) -> Layer:
        """A layer by its name in the config.

        Raises:
            UsageError: the net has no layer of that name.
        """
        if name not in self._by_name:
            hint = did_you_mean(nearest(name, self._by_name))
            raise UsageError(f"no layer '{name}' in net '{self.name}'" + (f"; {hint}" if hint else ""))
        return self._by_name[name]

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Move the net without its values; constants of layers, such as anchors, are computed again."""
        super().to_empty(device=device, recurse=recurse)
        restore_constants(self.graph, self._layers, self.clock.seed)
        self.passes = self.passes and PassCounter(self.device)
        return self

    def share_with(self, other: Net) -> None:
        """Share the params of another net's layers of the same names.

        A layer that only this net has, and that shares a param by name, uses the param of that name too.

        Raises:
            WeightsError: the shapes of the params of a layer differ.
        """
        self.param_places.share(other.param_places)

    def load_weights(self, path: str | Path, strict: bool = False, lenient: bool = False) -> LoadReport:
        """Copy weights from a file into the params, by layer name; the params keep their addresses.

        Args:
            path: ``.safetensors``, ``.caffemodel`` of any age, or ``.h5``.
            strict: any mismatch is an error, and nothing is copied.
            lenient: a file without a matching blob is accepted.

        Raises:
            WeightsError: the file can't be read, none of its blobs matches, or ``strict`` is violated.
        """
        return load(self.weights, path, strict, lenient)

    def save_weights(self, path: str | Path, diffs: bool = False) -> None:
        """Write the params as ``.safetensors``, ``.caffemodel`` or ``.h5``, by the suffix; atomically.

        Args:
            path: the file.
            diffs: write the gradients too, as for ``snapshot_diff``; Caffe's formats only.

        Raises:
            WeightsError: the suffix is unknown, or the format can't hold the params.
            OSError: the file can't be written.
        """
        message = NetParameter(name=self.name, layer=[layer.param for layer in self.graph.layers])
        save(self.weights, path, message, self.param_places.gradients() if diffs else None)

    def blob(self, index: int) -> Tensor:
        """A blob version of the last forward pass."""
        return self._last.get(self.graph, index)

    @property
    def data_layers(self) -> list[Layer]:
        """The layers that read a data source."""
        return [layer for layer in self._layers if layer.is_data]

    def ordered_layers(self) -> list[Layer]:
        """The layers in the graph's order."""
        return list(self._layers)

    def _replace(self, name: str, module: nn.Module) -> None:
        """Replace a layer by a module, which is set to the net's mode (training or not)."""
        spec = self.graph.layers[list(self.layers).index(name)]
        if spec.kind.is_input:
            raise UsageError(f"layer '{spec.name}' can't be replaced: an Input layer computes nothing")
        self.layers.put(name, module.train(self.training))
        self._follow()

    def _follow(self) -> None:
        """Update everything that depends on the modules in ``layers``."""
        known = {id(self.param_places[param.users[0]]): param for param in self.graph.params}
        layers = as_layers(self.graph, self.layers.values(), self._layers)
        self.graph = with_params_of(self.graph, layers, known)
        self._take_up(layers)

    def _take_up(self, layers: list[Layer]) -> None:
        graph, self._layers = self.graph, layers
        self._standing = self.layers.standing()
        self._by_name = {spec.name: layer for spec, layer in zip(graph.layers, layers, strict=True)}
        self.sources = [(layers[i], graph.layers[i].tops) for i in fetched(graph, layers)]
        self._ends = frozenset(blob.index for blob in graph.outputs) | {index for index, _ in graph.losses}
        self.param_places = NetParams(graph, layers)
        self.outputs_only: Plan = Deployment(graph, layers, self._ends)
        self._light = Light(graph, layers, self.outputs_only)
        graph.settle()
        if self.passes is None and any(layer.may_draw for layer in layers):
            self.passes = PassCounter(self.device)
        for module in self.layers.modules():
            if isinstance(module, Layer):
                module.clock = self.clock

    def _forward_part(
        self, inputs: Sequence[Tensor], start: str | None, end: str | None, named: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        if self.layers.standing() != self._standing:
            self._follow()
        places = (None if name is None else self._layers.index(self.layer(name)) for name in (start, end))
        part = Part(self.graph, self._layers, *places)
        if start is None:
            self._last.forget()
        read = self.fetch() if part.reads_data else Feed(batch=self.clock.batch)
        values = self.run(part.feed(inputs, named, read, self._last), part.plan)
        self._last.keep(values, self._ends.union(part.results))
        if part.reads_data or start is None:
            self.clock.batch += 1
        return {self.graph.blobs[index].name: values[index] for index in part.results}  # type: ignore[misc]

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the state of a copy, and bind its layers to it."""
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self.layers.bind(self._replace)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        tied = self.param_places.tied()
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self.param_places.tie_again(tied)  # a move to another type of device can separate shared params
        self._empty = fn(self._empty)
        for layer in self.data_layers:
            layer.device = self.device  # type: ignore[assignment]
        return self

    def _explain(self, error: Exception, layer: Layer, given: Sequence[Tensor | None]) -> None:
        shapes = (tuple(t.shape) if t is not None else "missing" for t in given)
        explain(error, self.graph.layers[self._layers.index(layer)], shapes, self.data_layers, self.graph)
