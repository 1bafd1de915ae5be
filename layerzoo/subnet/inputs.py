"""The inputs of a subnet: what its ``Input`` layers declare, and the blobs that are carried into them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from layerzoo.errors import LayerFault, did_you_mean, nearest
from layerzoo.graph import Graph, includes
from layerzoo.layer import LAYERS, Shape
from layerzoo.schema import CarriedBlob, LayerParameter, NetParameter, NetState

ANY = -1
"""The size of an axis in a declared shape that may be any."""


class BodyInput(NamedTuple):
    """An input of a subnet.

    Attributes:
        name: its blob.
        shape: the shape that its Input layer declares; None if it declares none.
        layer: the index of that layer in the subnet.
    """

    name: str
    shape: Shape | None
    layer: int

    def check(self, shape: Shape, bottom: int, what: str = "") -> None:
        """Check the shape that it gets; the first axis, the batch, may have any size.

        Args:
            shape: the shape in a run.
            bottom: the bottom that it comes from.
            what: how it comes from that bottom.

        Raises:
            LayerFault: it differs from the declared one.
        """
        if self.shape is None:
            return
        pairs = zip(self.shape[1:], shape[1:], strict=False)
        if len(shape) != len(self.shape) or any(mine not in (ANY, theirs) for mine, theirs in pairs):
            raise LayerFault(
                f"input '{self.name}' of the subnet declares {shown(self.shape)}, and gets "
                f"{shown(shape)}{what}",
                bottom=bottom,
                hint="change the subnet's Input, or leave out its shape: it then takes any",
            )


class CarriedInput(NamedTuple):
    """A blob of a subnet that becomes an input of it in the next run.

    Attributes:
        input: the index of the input.
        blob: the index of the blob version in the subnet's graph.
    """

    input: int
    blob: int


def shown(shape: Iterable[int]) -> str:
    """A shape in a message; an axis of any size as ``?``."""
    return f"({', '.join('?' if size == ANY else str(size) for size in shape)})"


def body_inputs(body: NetParameter, phase: int) -> list[BodyInput]:
    """The inputs of a subnet in a phase, in order."""
    state = NetState(phase=phase, level=body.state.level, stage=body.state.stage)  # type: ignore[arg-type]
    found = []
    for index, layer in enumerate(body.layer):
        if layer.type in LAYERS and LAYERS[layer.type].is_input and includes(layer, state):
            shapes: list[Shape | None] = [tuple(shape.dim) for shape in layer.input_param.shape]
            if len(shapes) <= 1:
                shapes = (shapes or [None]) * len(layer.top)
            found += [BodyInput(*pair, index) for pair in zip(layer.top, shapes, strict=False)]
    return found


def inputs_of_bottoms(body: NetParameter, phase: int, bottoms: Sequence[Shape]) -> list[BodyInput]:
    """The inputs of a subnet that takes a bottom for each, checked.

    Raises:
        LayerFault: there are more or fewer bottoms, or one has another shape than is declared.
    """
    inputs = body_inputs(body, phase)
    if len(inputs) != len(bottoms):
        names = ", ".join(one.name for one in inputs) or "none"
        raise LayerFault(
            f"{len(bottoms)} bottoms for {len(inputs)} inputs of the subnet: {names}",
            field="bottom",
            hint="list one for each input, in order",
        )
    for index, (one, shape) in enumerate(zip(inputs, bottoms, strict=True)):
        one.check(tuple(shape), index)
    return inputs


def carried_inputs(
    param: LayerParameter, field: str, graph: Graph, carried: Sequence[CarriedBlob]
) -> list[CarriedInput]:
    """The pairs of a ``carry`` or ``feed_back``, checked.

    Args:
        param: the layer that runs the subnet.
        field: the field's name.
        graph: the subnet's graph.
        carried: the field.

    Raises:
        LayerFault: a blob or input doesn't exist, or their shapes differ.
    """
    names = [blob.name for blob in graph.inputs]
    found = []
    for pair in carried:
        at = f"subnet_param.{field}"
        blob = blob_of(graph, pair.blob, f"{at}.blob")
        place = place_of(names, pair.input, f"{at}.input")
        shapes = [graph.blobs[index].shape or () for index in (blob, graph.inputs[place].index)]
        if shapes[0] != shapes[1]:
            raise LayerFault(
                f"{field}: blob '{pair.blob}' {shown(shapes[0])} can't become input '{pair.input}' "
                f"{shown(shapes[1])} of the next run",
                field=at,
                hint="they must have the same shape",
            )
        found.append(CarriedInput(place, blob))
    return found


def place_of(inputs: Sequence[str], name: str, field: str) -> int:
    """The index of an input of a subnet.

    Raises:
        LayerFault: it has none of that name.
    """
    if name not in inputs:
        hint = did_you_mean(nearest(name, inputs)) or f"its inputs: {', '.join(inputs) or 'none'}"
        raise LayerFault(f"the subnet has no input '{name}'", field=field, hint=hint)
    return list(inputs).index(name)


def blob_of(graph: Graph, name: str, field: str) -> int:
    """The index of the last version of a blob of a subnet.

    Raises:
        LayerFault: it has none of that name.
    """
    if name not in graph.last:
        hint = did_you_mean(nearest(name, graph.last)) or f"it has {', '.join(graph.last) or 'none'}"
        raise LayerFault(f"the subnet has no blob '{name}'", field=field, hint=hint)
    return graph.last[name].index


def start_shape(one: BodyInput, leading: BodyInput, shape: Shape) -> Shape:
    """The shape of an input that begins with zeros.

    Its first axis is the batch's size if it is declared as -1, or as the leading input declares its own.

    Args:
        one: the input.
        leading: an input that has a bottom.
        shape: the shape that it has.

    Raises:
        LayerFault: it declares no shape.
    """
    if one.shape is None:
        raise LayerFault(
            f"input '{one.name}' of the subnet begins with zeros, and declares no shape",
            field="subnet_param.carry.input",
            hint="give its Input a shape, or the layer a bottom for it",
        )
    batch = shape[0] if shape else 1
    known = leading.shape[0] if leading.shape else ANY
    first = (batch if one.shape[0] in (ANY, known) else one.shape[0],) if one.shape else ()
    return (*first, *(batch if size == ANY else size for size in one.shape[1:]))
