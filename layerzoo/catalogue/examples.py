"""Build a small example net for a layer type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import Final, Literal

from layerzoo.errors import LayerFault, LayerzooError
from layerzoo.layer import LAYERS, Layer, Shape
from layerzoo.loader import emit, parse_net
from layerzoo.schema import TEST, LayerParameter, NetParameter

_SHAPES: Final[tuple[Shape, ...]] = (
    (4, 3, 32, 32),
    (4, 10),
    (4,),
    (),
    (1, 4, 8),
    (1, 4, 32),
    (1, 4),
    (10, 10),
    (10,),
    (8, 4, 10),
    (8, 4),
)
"""Candidate shapes of bottoms, in this order; equal shapes are tried before mixed ones."""
_OF_DETECTION: Final[tuple[Shape, ...]] = ((4, 5), (1, 1, 28, 28), (1, 1, 10, 7), (1, 1, 4, 8))
"""Regions, a grey image, SSD's detections and true boxes: tried beside each other and the shapes above."""
_SUBNETS: Final[tuple[tuple[Literal["body", "else_body"], str], ...]] = (
    ("body", "net"),
    ("else_body", "else_net"),
)
"""Fields of the subnets of a layer, and those that name them."""
_MAX_BOTTOMS: Final = 4
_MAX_COMBINATIONS: Final = 2000


def example_net(name: str) -> NetParameter:
    """Build a net with one layer of a type, and inputs of suitable shapes.

    The net builds, unless the layer reads a file that its ``example`` names and that is missing.

    Raises:
        UnknownNameError: the type is unknown.
    """
    kind = LAYERS[name]
    net = NetParameter()
    net.CopyFrom(parse_net(_text(kind, name)).message)
    layer = net.layer[0]
    for field, by in _SUBNETS:
        if layer.subnet_param.HasField(field):
            named = "step" if field == "body" else "otherwise"
            getattr(layer.subnet_param, field).name = named
            setattr(layer.subnet_param, by, named)
    for tops in _top_counts(kind, len(kind.example_bottoms)) if kind.example_bottoms else ():
        if _fits(kind, layer, kind.example_bottoms, tops):
            return _wired(net, kind.example_bottoms, tops)
    most = _MAX_BOTTOMS if kind.bottoms.max is None else min(kind.bottoms.max, _MAX_BOTTOMS)
    for count in range(kind.bottoms.min, most + 1):
        for shapes in _choices(count):
            for tops in _top_counts(kind, count):
                if _fits(kind, layer, shapes, tops):
                    return _wired(net, shapes, tops)
    return _wired(net, [], min(2, kind.tops.max or 1) if kind.is_data else max(1, kind.tops.min))


def example_text(name: str) -> str:
    """The net of `example_net` as prototxt, with its subnets by name."""
    net = example_net(name)
    for layer in net.layer:
        for field, by in _SUBNETS:
            if layer.subnet_param.HasField(field):
                body = getattr(layer.subnet_param, field)
                net.subnet.add(name=getattr(layer.subnet_param, by)).layer.extend(body.layer)
                layer.subnet_param.ClearField(field)
    return emit(net, "prototxt")


def _text(kind: type[Layer], name: str) -> str:
    message = f"{kind.messages[0]} {{ {kind.example} }}" if kind.example else ""
    return f'layer {{ name: "{name.lower()}" type: "{name}" {message} }}'


def _choices(count: int) -> Iterator[Sequence[Shape]]:
    if count == 0:
        yield ()
        return
    yield from ([shape] * count for shape in _SHAPES)
    for choice in (_SHAPES, _SHAPES + _OF_DETECTION):
        yield from islice(product(choice, repeat=count), _MAX_COMBINATIONS)


def _top_counts(kind: type[Layer], bottoms: int) -> Sequence[int]:
    if kind.as_many_tops:
        return [bottoms]
    fewest = kind.tops.min
    most = kind.tops.max if kind.tops.max is not None else max(fewest, 2)
    return [n for n in dict.fromkeys((max(1, fewest), fewest, 2, 3)) if fewest <= n <= most]


def _fits(kind: type[Layer], layer: LayerParameter, shapes: Sequence[Shape], tops: int) -> bool:
    param = LayerParameter()
    param.CopyFrom(layer)
    param.phase = TEST
    param.bottom.extend(f"x{i}" for i in range(len(shapes)))
    param.top.extend(f"y{i}" for i in range(tops))
    try:
        top_shapes = kind.top_shapes(param, shapes)
        kind.param_shapes(param, shapes)
    except (LayerFault, LayerzooError, IndexError):
        return False
    return len(top_shapes) == max(tops, 1) or tops == 0


def _wired(net: NetParameter, shapes: Sequence[Shape], tops: int) -> NetParameter:
    """Add input layers for the bottoms, and name bottoms and tops."""
    layer = net.layer[0]
    names = ["x"] if len(shapes) == 1 else [f"x{i + 1}" for i in range(len(shapes))]
    layer.bottom.extend(names)
    layer.top.extend(["y"] if tops == 1 else [f"y{i + 1}" for i in range(tops)])
    whole = NetParameter()
    for name, shape in zip(names, shapes, strict=True):
        source = whole.layer.add(name=name, type="Input", top=[name])
        source.input_param.shape.add(dim=shape)
    whole.layer.append(layer)
    return whole
