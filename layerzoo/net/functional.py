"""A net as a pure function of its params and inputs, for ``torch.func``.

::

    params, function = net.functional()
    function(params, {"data": images, "label": labels})      # {"accuracy": tensor, "loss": tensor}
    torch.func.grad(function.loss)(params, {"data": images, "label": labels})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.graph import Blob
from layerzoo.layer import Layer
from layerzoo.net.as_module import Runs, blob_named, layers_between, maker
from layerzoo.net.feed import Feed, in_type
from layerzoo.net.params import held
from layerzoo.plan import Plan, fetched

_NET = "net."
"""What comes before the name of a param in the module that runs the net."""


def functional(net: Runs, outputs: Sequence[str] | None = None) -> tuple[dict[str, Tensor], FunctionalNet]:
    """The params of a net that learn, by their names in ``net.named_parameters()``, and its function."""
    params = {name: param.detach() for name, param in net.named_parameters() if param.requires_grad}
    return params, FunctionalNet(net, outputs)


class FunctionalNet:
    """A net as a pure function: equal params and inputs give equal outputs, and nothing is changed.

    It runs each layer by itself, in the mode that the net is in, ``train()`` or ``eval()``. What layers write
    in a pass, such as statistics of BatchNorm and states of recurrent layers, is written to copies; random
    layers draw the same numbers in each call, those of the pass ``batch``.

    Args:
        net: the net; a `layerzoo.net.Net`, whose other params and buffers are used as they are.
        outputs: names of the blobs to return; None returns the net's outputs.
        batch: the number of the pass, which random numbers and data that `inputs` leaves out depend on.

    Attributes:
        inputs: the blobs that the outputs depend on and that the net doesn't compute, by name with their
            shapes: its inputs, and the tops of its data layers.

    Raises:
        UsageError: a blob does not exist.
    """

    def __init__(self, net: Runs, outputs: Sequence[str] | None = None, batch: int = 0) -> None:
        self._net, self._batch = net, batch
        graph = net.graph
        blobs = graph.outputs if outputs is None else [blob_named(graph, name) for name in outputs]
        self._outputs = {blob.name: blob.index for blob in blobs}
        self._losses = frozenset(index for index, _ in graph.losses)
        self._module = _Module(net)
        self._layers: list[Layer] = []
        self._plans: dict[tuple[frozenset[int], frozenset[int]], tuple[Plan, list[int]]] = {}
        self._read: Mapping[int, Tensor] | None = None
        ends = self._plan(frozenset(self._outputs.values()), frozenset())[1]
        self.inputs = {graph.blobs[index].name: graph.blobs[index].shape for index in ends}

    def __call__(
        self, params: Mapping[str, Tensor], inputs: Mapping[str, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """The outputs by name.

        Args:
            params: values of params by their names in ``net.named_parameters()``; those that are left out
                have the net's own.
            inputs: blobs by name: inputs, tops of data layers, or blobs that layers compute, which then don't
                run. A data layer of which no top is given is read, always the same batch.

        Raises:
            UsageError: a param or blob does not exist, or an input is missing.
        """
        values = self._values(params, inputs or {}, frozenset(self._outputs.values()))
        return {name: values[index] for name, index in self._outputs.items()}  # type: ignore[misc]

    def loss(self, params: Mapping[str, Tensor], inputs: Mapping[str, Tensor] | None = None) -> Tensor:
        """The total loss: the sum of each loss blob times its weight; otherwise like a call.

        Raises:
            UsageError: as for a call; or the net has no loss.
        """
        if not self._losses:
            raise UsageError(f"net '{self._net.name}' has no loss layer")
        return self._net.loss(self._values(params, inputs or {}, self._losses))

    def read(self) -> dict[str, Tensor]:
        """The tops of the data layers that the outputs depend on, as a call without inputs reads them."""
        graph = self._net.graph
        ends = self._plan(frozenset(self._outputs.values()), frozenset())[1]
        found = self._fetched()
        return {graph.blobs[index].name: found[index] for index in ends if index in found}

    def _values(
        self, params: Mapping[str, Tensor], inputs: Mapping[str, Tensor], targets: frozenset[int]
    ) -> list[Tensor | None]:
        net = self._net
        given = {self._blob(name, value).index: value for name, value in inputs.items()}
        plan, ends = self._plan(targets, frozenset(given))
        missing = [index for index in ends if index not in given]
        if missing:
            self._check_missing(missing, given)
            read = self._fetched()
            given |= {index: read[index] for index in missing}
        state, written = self._checked(params), self._written()
        state = written | {name: value.clone() if name in written else value for name, value in state.items()}
        before, net.clock.batch = net.clock.batch, self._batch
        try:
            values: list[Tensor | None] = torch.func.functional_call(
                self._module, state, (in_type(given, net.dtype), plan)
            )
        finally:
            net.clock.batch = before
        return values

    def _plan(self, targets: frozenset[int], given: frozenset[int]) -> tuple[Plan, list[int]]:
        """The layers to run, and the blobs that they need besides those that they compute."""
        net, graph = self._net, self._net.graph
        if self._layers != net.ordered_layers():  # a layer has been replaced
            self._layers, self._read = net.ordered_layers(), None
            self._plans.clear()
        key = targets, given
        if key not in self._plans:
            ends = {spec.index for spec in graph.layers if spec.kind.is_input}
            ends.update(fetched(graph, self._layers))
            needed, outside = layers_between(graph, targets, given, ends)
            self._plans[key] = Plan(graph, self._layers, targets, only=needed), outside
        return self._plans[key]

    def _blob(self, name: str, value: Tensor) -> Blob:
        """The blob of a name: the one that an input or a data layer has, else the last version."""
        graph = self._net.graph
        sources = [spec for spec in graph.layers if spec.kind.is_input]
        sources += [graph.layers[index] for index in fetched(graph, self._layers)]
        tops = (graph.blobs[index] for spec in sources for index in spec.tops)
        blob = next((blob for blob in tops if blob.name == name), None) or blob_named(graph, name)
        if blob.shape is not None and len(blob.shape) != value.dim():
            raise UsageError(
                f"blob '{name}' has {value.dim()} axes {tuple(value.shape)}; the net takes {blob.shape}; "
                "inside vmap, add the axis of samples: x[None]"
            )
        return blob

    def _check_missing(self, missing: Sequence[int], given: Mapping[int, Tensor]) -> None:
        graph = self._net.graph
        for index in missing:
            spec, name = maker(graph, index), graph.blobs[index].name
            if spec.kind.is_input:
                raise UsageError(f"input '{name}' of net '{graph.name}' is missing")
            beside = [graph.blobs[top].name for top in spec.tops if top in given]
            if beside:
                raise UsageError(
                    f"'{name}' is missing: of layer '{spec.name}' only {', '.join(beside)} is given, and the "
                    "tops of a data layer belong together"
                )

    def _fetched(self) -> Mapping[int, Tensor]:
        """What the data layers give."""
        if self._read is None:
            clock = self._net.clock
            before = clock.batch
            try:
                self._read = self._net.fetch(self._batch).blobs
            finally:
                clock.batch = before
        return self._read

    def _written(self) -> dict[str, Tensor]:
        """Copies of what a pass may write: buffers, and params that layers set themselves."""
        own = {
            id(held(layer, index))
            for layer in self._layers
            for index, facts in enumerate(layer.own_params)
            if not facts.learns
        }
        params = {name: param for name, param in self._module.named_parameters() if id(param) in own}
        both = {**dict(self._module.named_buffers()), **params}
        return {name: tensor.detach().clone() for name, tensor in both.items()}

    def _checked(self, params: Mapping[str, Tensor]) -> dict[str, Tensor]:
        known = dict(self._module.named_parameters(remove_duplicate=False))
        for name in params:
            if _NET + name not in known:
                names = [one.removeprefix(_NET) for one in known]
                hint = did_you_mean(nearest(name, names)) or f"it has {', '.join(names) or 'none'}"
                raise UsageError(f"no param '{name}' in net '{self._net.name}'; {hint}")
        return {_NET + name: value for name, value in params.items()}


class _Module(nn.Module):
    """Runs a plan of a net, so that ``torch.func.functional_call`` can put other params in it."""

    def __init__(self, net: Runs) -> None:
        super().__init__()
        self.net = net

    def forward(self, blobs: Mapping[int, Tensor], plan: Plan) -> list[Tensor | None]:
        """The blob versions that the plan keeps, by index."""
        return self.net.run(Feed(blobs, self.net.clock.batch), plan)
