"""Layer types defined for tests of the graph, and a graph of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from google.protobuf import text_format

from layerzoo.errors import LayerFault
from layerzoo.graph import Graph, build_graph
from layerzoo.graph.facts import GradientStops
from layerzoo.registry import UnknownNameError
from layerzoo.schema import TRAIN, LayerParameter, NetParameter, NetState

Shape = tuple[int, ...]


class Range(NamedTuple):
    min: int
    max: int | None


class Own(NamedTuple):
    name: str
    shape: Shape
    filler: None = None
    learns: bool = True
    made: bool = False
    path: str = ""
    spec: None = None


class Kind:
    """A layer type that consists of facts; subclasses override some."""

    type_name = "Kind"
    bottoms = Range(1, 1)
    tops = Range(1, 1)
    as_many_tops = False
    messages: tuple[str, ...] = ()
    ignores: Mapping[str, str] = MappingProxyType({})
    path_fields: tuple[str, ...] = ()
    is_loss = False
    without_gradient: tuple[int, ...] = ()
    is_data = False
    is_input = False
    may_be_in_place = True
    fixed_params = ""

    def missing(self, param: LayerParameter) -> str | None:
        return "no code" if param.name == "gone" else None

    def top_shapes(self, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return [bottoms[0]] * max(1, len(param.top))

    def replacement(self, param: LayerParameter) -> str | None:
        return None

    def unread(self, param: LayerParameter) -> dict[str, str]:
        return {}

    def default_loss_weight(self, param: LayerParameter) -> float:
        return float(self.is_loss)

    def input_axes(self, param: LayerParameter) -> list[list[str]]:
        return []

    def surrogate_gradient(self, param: LayerParameter) -> str | None:
        return None

    def gradient_stops(self, param: LayerParameter) -> GradientStops:
        return GradientStops()

    def all_params(self, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Own]:
        return []

    def check(self, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        return []

    def inner_runs(self, param: LayerParameter, bottoms: Sequence[Shape]) -> tuple[()]:
        return ()

    def macs(self, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return 7


class Input(Kind):
    type_name = "Input"
    is_input = True
    bottoms = Range(0, 0)
    tops = Range(1, None)
    messages = ("input_param",)

    def top_shapes(self, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if param.name == "open":
            return []
        return [tuple(s.dim) for s in param.input_param.shape] or [(2, 3)] * len(param.top)


class Dense(Kind):
    type_name = "Dense"
    messages = ("inner_product_param",)
    may_be_in_place = False

    def top_shapes(self, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[0]) != 2:
            raise LayerFault("takes 2 axes", field="inner_product_param.axis", hint="flatten it")
        return [(bottoms[0][0], param.inner_product_param.num_output)]

    def all_params(self, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Own]:
        return [Own("weight", (param.inner_product_param.num_output, bottoms[0][1]))]


class Loss(Kind):
    type_name = "Loss"
    bottoms = Range(2, 2)
    is_loss = True

    def top_shapes(self, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return [()]


class Twin(Kind):
    type_name = "Twin"
    bottoms = Range(1, None)
    tops = Range(1, None)
    as_many_tops = True


class Types(dict[str, Kind]):
    def __missing__(self, name: str) -> Kind:
        error = UnknownNameError("layer type", name, ["Dense"])
        error.near = ["Dense"]
        raise error


TYPES = Types({k.__name__: k() for k in (Input, Dense, Loss, Twin)} | {"Act": Kind()})
HEAD = 'layer { name: "in" type: "Input" top: "x" top: "t" }\n'


def graph(text: str, phase: int = TRAIN, unknown: str = "error", **state: object) -> Graph:
    net = text_format.Parse(text, NetParameter())
    return build_graph(net, NetState(phase=phase, **state), TYPES, unknown=unknown)  # type: ignore[arg-type]
