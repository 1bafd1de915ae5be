"""Axes of inputs that may have any size: which blobs vary with them, and which layers don't allow it.

The shapes of a graph are those for one size of each such axis. To see what varies, they are computed again
with another size, one axis at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from layerzoo.errors import Fault, LayerFault
from layerzoo.graph.by_shape import set_by_shape
from layerzoo.graph.facts import Shape
from layerzoo.graph.here import at
from layerzoo.graph.model import Graph, GraphLayer
from layerzoo.graph.param_blobs import left
from layerzoo.schema import LayerParameter

UNNAMED: Final = "?"
"""How an axis is shown that varies without a name of its own."""


def vary(graph: Graph, written: Sequence[LayerParameter]) -> list[Fault]:
    """Find the axes that vary, and set ``Graph.varying``.

    Args:
        graph: a graph without faults.
        written: the layers of its config.

    Returns:
        the faults of layers that need an axis to have one size.
    """
    sizes: dict[str, int] = {}
    faults: list[Fault] = []
    for layer in graph.layers:
        for top, axes in zip(layer.tops, layer.kind.input_axes(layer.param), strict=False):
            shape = graph.blobs[top].shape or ()
            if any(axes):
                graph.input_axes[top] = tuple(axes)
            for name, size in zip(axes, shape, strict=False):
                if name and sizes.setdefault(name, size) != size:
                    message = f"axis {name} has the size {size} here and {sizes[name]} in an input before"
                    hint = "axes of one name have one size"
                    faults.append(Fault(message, layer.origin("input_param"), hint, layer.name))
    for name, size in sizes.items():
        if not faults:
            faults += _with(graph, written, name, size)
    return faults


def _with(graph: Graph, written: Sequence[LayerParameter], axis: str, size: int) -> list[Fault]:
    """Compute the shapes with an axis of twice its size."""
    other: dict[int, Shape] = {}
    for layer in graph.layers:
        for top in layer.tops:
            if axis in graph.input_axes.get(top, ()):
                pairs = zip(graph.input_axes[top], graph.blobs[top].shape or (), strict=True)
                other[top] = tuple(2 * n if name == axis else n for name, n in pairs)
        if other.keys().isdisjoint(layer.bottoms):
            continue
        try:
            with at(layer.node):
                shapes = _again(graph, layer, written, other)
        except LayerFault as fault:
            why = fault.inner[0].message if fault.inner else fault.message
            message = f"axis {shown(axis)} of an input varies, but the layer needs it to be {size}: {why}"
            return [Fault(message, layer.origin(fault.field or ""), fault.hint, layer.name)]
        for top, shape in zip(layer.tops, shapes, strict=False):
            if tuple(shape) != graph.blobs[top].shape:
                other[top] = tuple(shape)
    graph.varying[axis] = other
    return []


def _again(
    graph: Graph, layer: GraphLayer, written: Sequence[LayerParameter], other: dict[int, Shape]
) -> Sequence[Shape]:
    """The shapes of a layer's tops for other shapes of blobs.

    Raises:
        LayerFault: they are none that it accepts, or its params or numbers would be others.
    """
    bottoms = [other.get(b, graph.blobs[b].shape or ()) for b in layer.own_bottoms]
    if layer.place is not None and written[layer.place].by_shape:
        _same_numbers(graph, layer, written[layer.place], bottoms)
    shapes = layer.kind.top_shapes(layer.param, bottoms)
    own = left(layer.param, layer.kind.all_params(layer.param, bottoms))
    for before, after in zip(layer.own, own, strict=True):
        if tuple(before.shape) != tuple(after.shape):
            raise LayerFault(
                f"its param '{before.name}' is {tuple(before.shape)} or {tuple(after.shape)}",
                hint="let it compute along another axis, or give the axis of the input one size",
            )
    for blob in layer.bottoms[len(bottoms) :]:
        if blob in other:
            raise LayerFault(f"blob '{graph.blobs[blob].name}' stands for a param and varies with it")
    return shapes


def _same_numbers(graph: Graph, layer: GraphLayer, config: LayerParameter, bottoms: list[Shape]) -> None:
    """Check that numbers of a layer that are computed of shapes don't vary.

    Raises:
        LayerFault: one does.
    """
    now, then = LayerParameter(), LayerParameter()
    for copy, shapes in ((now, graph.shapes(layer.own_bottoms)), (then, bottoms)):
        copy.CopyFrom(config)
        set_by_shape(copy, shapes)
    if now != then:
        fields = ", ".join(number.field for number in config.by_shape)
        raise LayerFault(f"{fields}: numbers that are computed of the shapes of bottoms are fixed")


def shown(axis: str) -> str:
    """The name of an axis; one without a name is called by its place, ``axis 1 of 'data'``."""
    return UNNAMED if axis.startswith(UNNAMED) else axis


def axes_of(graph: Graph, blob: int) -> list[str]:
    """The axes of a blob in displays: a size, the name of an axis that it equals, or ``?`` if it varies."""
    return list(_axes_of(graph, blob, graph.blobs[blob].shape or ()))


def _axes_of(graph: Graph, blob: int, shape: Shape) -> Iterator[str]:
    others = {axis: found[blob] for axis, found in graph.varying.items() if blob in found}
    for place, size in enumerate(shape):
        with_axes = [
            axis for axis, other in others.items() if len(other) != len(shape) or other[place] != size
        ]
        if not with_axes:
            yield str(size)
            continue
        axis = with_axes[0]
        equals = len(with_axes) == 1 and len(others[axis]) == len(shape) and others[axis][place] == 2 * size
        yield shown(axis) if equals and size == _size(graph, axis) else UNNAMED


def _size(graph: Graph, axis: str) -> int | None:
    """The size of an axis with which shapes are computed."""
    for blob, axes in graph.input_axes.items():
        if axis in axes:
            return (graph.blobs[blob].shape or ())[axes.index(axis)]
    return None
