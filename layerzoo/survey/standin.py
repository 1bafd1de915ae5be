"""Inputs in place of data layers, whose sources a stranger's machine doesn't have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from layerzoo.data import DataLayer
from layerzoo.errors import ConfigError, LayerFault
from layerzoo.graph import Graph, Unknown, includes
from layerzoo.layer import LAYERS, Layer, Shape
from layerzoo.loader import Document
from layerzoo.net import graph_of
from layerzoo.schema import TEST, TRAIN, LayerParameter, NetParameter, NetState

_PARAMS: Final = ("data_param", "image_data_param", "window_data_param", "hdf5_data_param", "dataset_param")
_IMAGES: Final[tuple[tuple[tuple[str, ...], Shape], ...]] = (
    (("mnist", "lenet", "siamese", "digits"), (1, 28, 28)),
    (("cifar",), (3, 32, 32)),
    (("imagenet", "ilsvrc", "caffenet", "alexnet"), (3, 227, 227)),
)
_ANY_IMAGE: Final[tuple[Shape, ...]] = ((3, 224, 224), (1, 28, 28), (2, 28, 28), (3, 32, 32))
_VECTOR: Final = (8,)
_MAX_GREY_CROP: Final = 64
"""Larger crops are taken for those of colour images."""


def states(net: NetParameter, level: int = 0, stages: Sequence[str] = ()) -> Iterator[NetState]:
    """The states that a net is made for: TRAIN and TEST where it has rules, else TEST.

    Args:
        net: its message.
        level: of all the states.
        stages: of all the states; none: where a phase is not whole without one, since its rules leave out
            what a layer needs, one of those that the rules name.
    """
    ruled = any(layer.include or layer.exclude for layer in net.layer)
    named = sorted({s for layer in net.layer for rule in layer.include for s in rule.stage})
    choices = [list(stages)] if stages else [[], *([stage] for stage in named)]
    found = False
    for phase in (TRAIN, TEST) if ruled else (TEST,):
        for stage in choices:
            state = NetState(phase=phase, level=level, stage=stage)
            if _is_whole(net, state):
                found = True
                yield state
                break
    if not found:
        yield NetState(phase=TEST, level=level, stage=choices[0])


def wire_without_data(
    net: Document[NetParameter], state: NetState, batch: int | None = None, *, unknown: Unknown = "error"
) -> tuple[Graph, list[str]]:
    """The graph of a net with inputs in place of its data layers, of the first shape that fits.

    Args:
        net: its document, which stays as it is.
        state: what it is built for.
        batch: the batch size of all inputs; None leaves each its own.
        unknown: what becomes of layers that can't be built.

    Returns:
        The graph, and what was put for what, a short line each. Where no shape fits, the tops of layers that
        read datasets of any shape (HDF5Data) have none, and those below them neither.

    Raises:
        ConfigError: nothing fits; the faults are those of the likeliest guess.
    """
    layers = enumerate(net.message.layer)
    free = [
        index
        for index, layer in layers
        if layer.type in LAYERS and LAYERS[layer.type].any_shapes and includes(layer, state)
    ]
    first: ConfigError | None = None
    for unshaped in ((), free) if free else ((),):
        first = None
        for sample in guesses(net.message, net.path or Path()):
            message = NetParameter()
            message.CopyFrom(net.message)
            notes = stand_in(message, state, sample, batch, unshaped)
            try:
                document = Document(message, net.root, net.path)
                return graph_of(document, state, unknown, unshaped=unshaped), notes
            except ConfigError as error:
                first = first or error
                if not notes:
                    break
    assert first is not None
    raise first


def _is_whole(net: NetParameter, state: NetState) -> bool:
    """Whether no rule leaves out what a layer needs, and some layer is left."""
    everywhere = {top for layer in net.layer for top in layer.top}
    here: set[str] = set()
    left = [layer for layer in net.layer if includes(layer, state)]
    for layer in left:
        if any(bottom in everywhere and bottom not in here for bottom in layer.bottom):
            return False
        here.update(layer.top)
    return bool(left)


def guesses(net: NetParameter, path: Path) -> list[Shape]:
    """Shapes that one sample may have where the config doesn't say, the likeliest first."""
    if not any(kind.needs_images for _, kind in _known(net.layer)):
        return [_VECTOR, *_ANY_IMAGE]
    declared = (kind.declared_batch(layer) for layer, kind in _known(net.layer))
    in_memory = [batch[1:] for batch in declared if batch is not None]
    sources = (getattr(layer, param).source for layer in net.layer for param in _PARAMS[:4])
    said = " ".join([net.name, str(path), *sources]).lower()
    named = [shape for words, shape in _IMAGES if any(word in said for word in words)]
    if "siamese" in said:
        named.insert(0, (2, 28, 28))
    return list(dict.fromkeys((*in_memory, *named, *_ANY_IMAGE)))


def stand_in(
    net: NetParameter,
    state: NetState,
    sample: Shape,
    batch: int | None,
    unshaped: Collection[int] = (),
) -> list[str]:
    """Replace data layers by inputs, in place.

    Args:
        net: its message.
        state: what it will be built for.
        sample: shape of one sample where a layer doesn't say.
        batch: the batch size of all inputs; None leaves each its own.
        unshaped: indices of layers in whose place inputs without a shape stand.

    Returns:
        What was put for what, a short line each.
    """
    notes: list[str] = []
    without = {id(net.layer[index]) for index in unshaped}
    if any(kind.time_first for _, kind in _known(net.layer)):
        batch = None  # the first axis is time
    here = [layer for layer in net.layer if includes(layer, state)]
    for layer, kind in _known(here):
        if kind.self_contained or not kind.is_data:
            continue
        shapes = [] if id(layer) in without else list(_shapes(layer, kind, sample))
        notes.append(f"{_sizes(shapes) or 'unknown shapes'} for {layer.type} '{layer.name}'")
        for field, _ in layer.ListFields():
            if field.name.endswith("_param"):
                layer.ClearField(field.name)
        layer.type = "Input"
        for shape in shapes:
            layer.input_param.shape.add(dim=shape)
    if batch is not None:
        _set_batch(here, batch)
    return notes


def _known(layers: Iterable[LayerParameter]) -> list[tuple[LayerParameter, type[Layer]]]:
    """Layers of known types, with their classes."""
    return [(layer, LAYERS[layer.type]) for layer in layers if layer.type in LAYERS]


def _sizes(shapes: Sequence[Shape]) -> str:
    return ", ".join("x".join(map(str, shape)) for shape in shapes)


def _shapes(layer: LayerParameter, kind: type[Layer], sample: Shape) -> Iterator[Shape]:
    """A shape for each top: images first, one number for each label."""
    size = next((getattr(layer, p).batch_size for p in _PARAMS if layer.HasField(p)), 1)
    if declared := kind.declared_batch(layer):
        size, *sides = declared
        sample = tuple(sides)
    else:
        sample = _image(layer, sample)
    for index, top in enumerate(layer.top):
        is_label = index > 0 and (not kind.any_shapes or "label" in top)
        yield (size or 1,) if is_label else (size or 1, *sample)


def _image(layer: LayerParameter, sample: Shape) -> Shape:
    """The shape of one image as the layer's pipeline makes it of the guess."""
    channels, height, width = sample if len(sample) == 3 else (3, 224, 224)
    kind, settled = LAYERS[layer.type], LayerParameter()
    settled.CopyFrom(layer)
    settled.transform_param.ClearField("mean_file")  # it stands on another machine
    if settled.transform_param.crop_size > _MAX_GREY_CROP:
        channels = max(channels, 3)
    try:
        pipeline = kind.pipeline(settled) if issubclass(kind, DataLayer) else None
    except LayerFault:
        pipeline = None
    return sample if pipeline is None else pipeline.accepted_shape((channels, height, width))


def _set_batch(layers: Iterable[LayerParameter], batch: int) -> None:
    """Make the first axis of all inputs ``batch``, where they have the same; regions and the like don't."""
    shapes = [
        shape
        for layer, kind in _known(layers)
        if kind.self_contained or kind.is_input
        for shape in (*layer.input_param.shape, *layer.dummy_data_param.shape)
    ]
    if len({shape.dim[0] for shape in shapes if shape.dim}) == 1:
        for shape in shapes:
            shape.dim[0] = min(shape.dim[0], batch)
