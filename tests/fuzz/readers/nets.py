"""Nets by reflection over the schema and the registry: wired, checked, built, and run if they are small."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import torch

from layerzoo.contract.example import example_of
from layerzoo.drawing.diagram import diagram_of
from layerzoo.drawing.dot import dot
from layerzoo.errors import ConfigError, ContractError
from layerzoo.layer import LAYERS, Layer
from layerzoo.loader import emit, parse_net
from layerzoo.net import Net, graph_of
from layerzoo.schema import LayerParameter, NetParameter, NetState, Phase, fields
from layerzoo.survey.examine import memory, settle
from layerzoo.survey.inputs import draw
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import encodable, mutate_text
from tests.fuzz.readers.schema import Tree, prototxt, random_value, words

RUN_BYTES = 16 << 20
"""Larger nets are built on the meta device and not run."""
META_BYTES = 1 << 40
_DIMS = ("1", "1", "2", "2", "3", "4", "5", "6", "8")
_NEAR = (
    "x0",
    "x1",
    "x2",
    "1",
    "2",
    "3",
    "0",
    "-1",
    "dim",
    "axis",
    "num_output",
    "kernel_size",
    "bottom",
    "top",
)
_ODD_DIMS = ("0", "-1", "7", "1000000", "2147483647", "4294967296", "9223372036854775807")


def _types() -> list[str]:
    return sorted(LAYERS)


def _shape(random: Random, axes: int | None = None) -> Tree:
    axes = random.choice((0, 1, 2, 2, 3, 4, 4, 4, 5)) if axes is None else axes
    return [("dim", random.choice(_DIMS if random.random() < 0.98 else _ODD_DIMS)) for _ in range(axes)]


def _inputs(random: Random, count: int) -> list[tuple[str, Tree]]:
    """Input layers, most of them with shapes that suit common layers."""
    batch, axes = random.choice(_DIMS), random.choice((2, 4, 4))
    layers: list[tuple[str, Tree]] = []
    for index in range(count):
        choice = random.random()
        if choice < 0.55:
            shape = [("dim", batch), *_shape(random, axes - 1)] if index else _shape(random, axes)
        elif choice < 0.75:
            shape = [("dim", batch)]
        else:
            shape = _shape(random)
        if not index and shape:
            shape[0] = ("dim", batch)
        inside: Tree = [("shape", shape)]
        layers.append((f"in{index}", [("name", f'"in{index}"'), ("type", '"Input"'), ("top", f'"in{index}"'),
                                      ("input_param", inside)]))  # fmt: skip
    return layers


def _layer(random: Random, index: int, blobs: list[str], odd: float) -> Tree:
    kind_name = random.choice(_types())
    layer: type[Layer] = LAYERS[kind_name]
    tree: Tree = [("name", f'"l{index if random.random() < 0.95 else 0}"'), ("type", f'"{kind_name}"')]
    most = 3 if layer.bottoms.max is None else layer.bottoms.max
    count = random.randrange(layer.bottoms.min, max(most, layer.bottoms.min) + 1)
    if random.random() < odd:
        count = random.randrange(5)
    bottoms = [random.choice(blobs) if random.random() >= odd / 2 else "nowhere" for _ in range(count)]
    if bottoms and random.random() < 0.3:
        bottoms = [bottoms[0]] * len(bottoms)
    tree += [("bottom", f'"{bottom}"') for bottom in bottoms]
    tops = layer.tops.min if random.random() < 0.7 else random.randrange(4)
    tops = count if layer.as_many_tops else tops or int(layer.tops.max != 0)
    for top in range(tops):
        name = random.choice(blobs) if random.random() < 0.1 else f"b{index}_{top}"
        tree.append(("top", f'"{name}"'))
        blobs.append(name)
    inside: Tree = []
    for message in layer.messages:
        field = fields(LayerParameter).get(message)
        known = (
            list(fields(field.message).values()) if field is not None and field.message is not None else []
        )
        chosen: Tree = []
        for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
            if known:
                one = random.choice(known)
                times = random.choice((1, 1, 1, 2)) if one.repeated else 1
                chosen += [(one.name, random_value(random, one, odd=odd))] * times
        if message == layer.messages[0] and layer.example and random.random() < 0.8:
            chosen.append(("#", layer.example))
        if chosen:
            inside.append((message, chosen))
    if random.random() < 2 * odd:
        field = random.choice(list(fields(LayerParameter).values()))
        if not field.name.endswith("_param") and field.name not in {"name", "type", "top", "bottom"}:
            inside.append((field.name, random_value(random, field, odd=odd)))
    return [*tree, *inside]


def net_text(random: Random) -> str:
    """A net of some layers, most of them wired as they should be."""
    inputs = _inputs(random, random.choice((1, 1, 2, 3)))
    blobs = [name for name, _ in inputs]
    layers = [tree for _, tree in inputs]
    odd = random.choice((0.0, 0.01, 0.1))
    layers += [_layer(random, index, blobs, odd) for index in range(random.choice((1, 1, 2, 3, 5)))]
    text = prototxt(random, [("layer", _without_examples(tree)) for tree in layers])
    return encodable(text)


def _without_examples(tree: Tree) -> Tree:
    """Write the examples of classes, which are prototxt themselves, as fields."""
    done: Tree = []
    for key, value in tree:
        if key == "#":
            name, _, rest = value.partition(": ")
            done.append((name, rest)) if rest else None
        else:
            done.append((key, value if isinstance(value, str) else _without_examples(value)))
    return done


def _net(random: Random) -> bytes:
    return net_text(random).encode("utf-8", "surrogateescape")


@kind("net", _net, text=True, share=3, seconds=5)
def read_net(data: bytes, folder: Path) -> None:
    """A net is wired in both phases, built without memory, drawn, and run forward and backward if small."""
    document = parse_net(data.decode("utf-8", "surrogateescape"))
    first: ConfigError | None = None
    for phase in (Phase.Value("TRAIN"), Phase.Value("TEST")):
        try:
            graph = graph_of(document, NetState(phase=phase))
        except ConfigError as error:
            first = first or error
            continue
        dot(diagram_of(graph))
        if any(blob.shape is None for blob in graph.blobs) or memory(graph) > META_BYTES:
            continue
        if memory(graph) > RUN_BYTES:
            Net(graph, device="meta")
            continue
        net = Net(graph)
        settle(net)
        try:
            values = net.run(net.fetch() | draw(graph), net.outputs_only)
            losses = [values[index] for index, _ in graph.losses]
            total = sum((loss.sum() for loss in losses if loss is not None), torch.zeros(()))
            if total.requires_grad:
                total.backward()
        finally:
            for layer in net.data_layers:
                close = getattr(layer, "close", None)
                if close is not None:
                    close()
    if first is not None:
        raise first


@cache
def _examples() -> list[str]:
    """A net for each layer type that has an example, with inputs of the shapes that it takes."""
    texts = []
    for name in _types():
        try:
            example = example_of(LAYERS[name])
        except (ContractError, ConfigError):
            continue
        net = NetParameter()
        for index, shape in enumerate(example.shapes):
            net.layer.add(name=f"x{index}", type="Input", top=[f"x{index}"]).input_param.shape.add(dim=shape)
        param = net.layer.add()
        param.CopyFrom(example.param)
        param.ClearField("phase")
        texts.append(emit(net, "prototxt"))
    return texts


def _example(random: Random) -> bytes:
    """One layer in its example, with some changes."""
    text = random.choice(_examples())
    if random.random() < 0.9:
        text = mutate_text(random, text, random.choice((words(), _NEAR)))
    return encodable(text).encode("utf-8", "surrogateescape")


kind("layer", _example, text=True, share=2, seconds=5)(read_net)
