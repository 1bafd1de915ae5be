"""The base of layers that run a subnet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from layerzoo.blobs.named import NamedBlobs
from layerzoo.errors import LayerFault
from layerzoo.functional.transforms import may_read, transforming
from layerzoo.graph.model import Graph, InnerRun
from layerzoo.layer import LAYERS, Clock, Layer, OwnParam, Shape, module_names
from layerzoo.layer.decoding_state import DecodingState
from layerzoo.schema import LayerParameter
from layerzoo.subnet.body import Body, Held
from layerzoo.subnet.body_graph import body_layers
from layerzoo.subnet.inputs import blob_of


class SubnetLayer(Layer):
    """A layer that runs subnets; their params, statistics and random numbers are its own.

    Args:
        param: the layer's message, with the subnets in ``subnet_param.body`` and ``else_body``.
        bottom_shapes: shape of each bottom.
        seed: seed of layers that create params at random.
        name: its name in its net; empty means the message's.

    Attributes:
        fields_read: the fields of ``subnet_param`` that it reads, besides those that all such layers read.
        subnets: the fields of ``subnet_param`` that hold its subnets.
        bodies: the subnets, built, one for each of `inner_runs`.
    """

    fields_read: ClassVar[tuple[str, ...]] = ()
    subnets: ClassVar[tuple[str, ...]] = ("body",)
    family = "subnet"
    _name: str
    _clock: Clock
    _bodies: list[Body]
    _runs: list[str]
    messages = ("subnet_param",)

    def __init_subclass__(cls, **options: Any) -> None:
        read = {"net", "with", "output", "body", *cls.fields_read}
        cls.ignores = {
            f"subnet_param.{name}": why for name, why in _READERS.items() if name not in read
        } | dict(cls.ignores)
        cls.hints = ("subnet_param.net", "subnet_param.with", *cls.hints)
        super().__init_subclass__(**options)

    def __init__(
        self, param: LayerParameter, bottom_shapes: Sequence[Shape] = (), seed: int = 0, name: str = ""
    ) -> None:
        vars(self).update(_name=param.name, _clock=Clock(), _bodies=[], _runs=[])
        super().__init__(param, bottom_shapes)
        name = name or param.name
        runs = self.inner_runs(param, bottom_shapes)
        built = [
            Body(run.graph, self.kept(param, run.graph), seed, f"{name}/{run.path}" if run.path else name)
            for run in runs
        ]
        self.bodies = nn.ModuleDict({_key(run): body for run, body in zip(runs, built, strict=True)})
        self._bodies, self._runs = built, [run.path for run in runs]
        self.name, self.clock = name, self._clock
        if any(layer.has_effects for layer in self._inner()):
            self.has_effects = True  # type: ignore[misc]  # a fact of this config, not of the type

    @classmethod
    def build(
        cls, param: LayerParameter, bottoms: Sequence[Shape] = (), seed: int = 0, name: str = ""
    ) -> Self:
        """Build a layer of a net, with the layers of its subnets; see `Layer.build`."""
        return cls(param, bottoms, seed, name)

    @classmethod
    def kept(cls, param: LayerParameter, graph: Graph) -> set[int]:
        """The blob versions of a subnet that a run returns."""
        return set(outputs_of(param, graph))

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        """The params of its layers, subnet by subnet; see `Layer.param_shapes`."""
        found = []
        runs = cls.inner_runs(param, bottoms)
        for run in runs:
            key = _key(run)
            names = module_names(run.graph, [None] * len(run.graph.layers))
            for spec, module in zip(run.graph.layers, names, strict=True):
                for index, own in enumerate(spec.own):
                    path = run.path_of(f"{spec.name}/{own.path}" if own.path else spec.name)
                    inside = LAYERS[spec.kind.type_name].inner_prefix if own.made else ""
                    name = f"bodies.{key}.layers.{module}.{inside}{own.name}"
                    found.append(
                        OwnParam(
                            name, tuple(own.shape), own.filler, own.learns, own.made, path, spec.spec(index)
                        )
                    )
        return found

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        """Nothing: the graphs of the subnets have been checked."""
        return []

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        """What is random in the subnets; see `Layer.randomness`."""
        for field in cls.subnets:
            for layer, kind in body_layers(param, field):
                if (what := kind.randomness(layer)) is not None:
                    return f"{what} (layer '{layer.name}' of the subnet)"
        return None

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        """Multiply-adds of all runs; see `Layer.macs`."""
        runs = cls.inner_runs(param, bottoms)
        return sum(run.runs * sum(run.graph.macs(layer) for layer in run.graph.layers) for run in runs)

    @property
    def name(self) -> str:
        """Its name in its net, which the names of its layers begin with."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = name
        for body, path in self._built():
            body.rename(f"{name}/{path}" if path else name)

    @property
    def clock(self) -> Clock:
        """The position in the run, which its layers follow."""
        return self._clock

    @clock.setter
    def clock(self, clock: Clock) -> None:
        self._clock = clock
        for body, _ in self._built():
            body.follow(clock)

    @property
    def stored_buffers(self) -> dict[str, Tensor]:
        """Persistent buffers of its layers, by their names in the module."""
        return {
            f"bodies.{key}.{module}.{layer.inner_prefix}{name}": buffer
            for key, body in zip(self.bodies, self._bodies, strict=True)
            for _, module, layer in body.stored()
            for name, buffer in layer.stored_buffers.items()
        }

    @property
    def inner_weights(self) -> dict[str, NamedBlobs[Tensor]]:
        """What weights files hold of each of its layers, by the layer's path."""
        found = {}
        for body, path in self._built():
            for name, _, layer in body.stored():
                for inner, blobs in layer.inner_weights.items():
                    if blobs:
                        found["/".join(part for part in (path, name, inner) if part)] = blobs
        return found

    def fill_params(self, seed: int, only: Collection[int] | None = None) -> None:
        """Fill the param blobs by the fillers of the layers that have them; see `Layer.fill_params`."""
        if self.param.blobs:
            super().fill_params(seed, only)
            return
        for index, held in enumerate(self._held()):
            if held.owned and (only is None or index in only):
                held.layer.fill_params(seed, (held.place,))

    def begin_decoding(self) -> DecodingState | None:
        """Nothing: layers of its subnets that would keep something are refused.

        Raises:
            LayerFault: there is one.
        """
        for held in self._inner():
            if held.begin_decoding() is not None:
                raise LayerFault(
                    f"layer '{held.name}' of its subnet would have to keep what it has computed",
                    hint="repeat the subnet by a Call, which has layers of its own for each time",
                )
        return None

    def run_body(self, body: Body, inputs: Sequence[Tensor], run: int | None = None) -> list[Tensor]:
        """Run a subnet once.

        Args:
            body: the subnet.
            inputs: its inputs.
            run: the number of the run, on which its random numbers depend; None if the body has one run.

        Returns:
            the blobs that `kept` names, by index.
        """
        if run is None:
            return body.run(inputs)
        clock = self.clock
        outside = clock.running
        clock.running = (*outside, (self.name, run))
        try:
            return body.run(inputs)
        finally:
            clock.running = outside

    def statistics(self) -> str | None:
        """Which layer of its subnets keeps statistics of what it computes, in training; None if none does."""
        for held in self._held():
            if not held.layer.own_params[held.place].learns and self.training:
                return f"layer '{held.layer.name}' keeps statistics of the runs"
        for name in (name for name, _ in self.named_buffers() if not name.endswith("label_range")):
            return f"its subnet keeps '{name.rpartition('.')[2]}' from pass to pass"
        return None

    def may_skip(self) -> bool:
        """Whether the pass may read a condition on the host, and leave out what it excludes.

        Raises:
            LayerFault: it may not, and would compute something else.
        """
        if may_read():
            return True
        if (why := self.unrecordable) is not None and not transforming():
            raise LayerFault(f"a compiled or recorded pass runs what the condition excludes, too, and {why}")
        return False

    def _built(self) -> list[tuple[Body, str]]:
        return list(zip(self._bodies, self._runs, strict=True))

    def _inner(self) -> list[Layer]:
        return [layer for body, _ in self._built() for _, _, layer in body.stored()]

    def _held(self) -> list[Held]:
        return [held for body, _ in self._built() for held in body.held]


def _key(run: InnerRun) -> str:
    """The name of a subnet's module; ``else`` alone would be a keyword of Python."""
    return f"run_{run.path}" if run.path else "body"


def outputs_of(
    param: LayerParameter, graph: Graph, fields: Mapping[str, Sequence[str]] | None = None
) -> list[int]:
    """The blob versions of a subnet that become tops: those of ``output``, else the tops of its last layer.

    Args:
        param: the layer that runs it.
        graph: the subnet's graph.
        fields: names of blobs by their field, in place of those of ``output``.

    Raises:
        LayerFault: the subnet has no such blob.
    """
    given = {"output": param.subnet_param.output} if fields is None else fields
    named = [
        blob_of(graph, name, f"subnet_param.{field}") for field, names in given.items() for name in names
    ]
    if named:
        return named
    last = next((layer for layer in reversed(graph.layers) if layer.tops and not layer.kind.is_input), None)
    if last is None:
        raise LayerFault("the subnet computes nothing", field="subnet_param.net", hint="give it a layer")
    return list(last.tops)


def check_tops(param: LayerParameter, count: int, what: str) -> None:
    """Check the number of tops.

    Raises:
        LayerFault: it is another; an empty list is accepted.
    """
    if param.top and len(param.top) != count:
        raise LayerFault(
            f"{len(param.top)} tops for {count} outputs: {what}", field="top", hint=f"list {count} tops"
        )


_READERS = {
    "times": "Call and Loop do",
    "each": "Call does",
    "var": "Call does",
    "share_params": "Call and Loop do",
    "names": "Call does",
    "axis": "Recurrent does",
    "carry": "Recurrent and Loop do",
    "last": "Recurrent does",
    "feed_back": "Recurrent does",
    "truncate": "Recurrent does",
    "while": "Loop does",
    "else_net": "If does",
    "per_sample": "If and Loop do",
    "else_body": "If does",
}
"""The layer types that read a field."""
