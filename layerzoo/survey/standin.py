"""Replace data layers by inputs, for nets whose data sets are missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

from layerzoo.data import DataLayer
from layerzoo.errors import ConfigError, LayerFault
from layerzoo.graph import Graph, Unknown, blobs_read, includes
from layerzoo.layer import LAYERS, Layer, Shape, kind_of
from layerzoo.loader import Document
from layerzoo.net import graph_of
from layerzoo.schema import TEST, TRAIN, LayerParameter, NetParameter, NetState
from layerzoo.survey.effort import Reduction

_PARAMS: Final = (
    *("data_param", "image_data_param", "window_data_param", "hdf5_data_param"),
    *("dense_image_data_param", "dataset_param"),
)
_IMAGES: Final[tuple[tuple[tuple[str, ...], Shape], ...]] = (
    (("mnist", "lenet", "siamese", "digits"), (1, 28, 28)),
    (("cifar",), (3, 32, 32)),
    (("imagenet", "ilsvrc", "caffenet", "alexnet"), (3, 227, 227)),
)
_ANY_IMAGE: Final[tuple[Shape, ...]] = ((3, 224, 224), (1, 28, 28), (2, 28, 28), (3, 32, 32))
_VECTOR: Final = (8,)
Label = Literal["number", "image", "sequence"]
"""What the label of a sample is: one number, one for each pixel, or several in a row."""
_SEQUENCE: Final = 8
"""Length of a label that is a sequence."""
_MAX_STAGES: Final = 32
"""The number of stages that are tried for a net."""
_MAX_GREY_CROP: Final = 64
"""Larger crops are assumed to be of colour images."""


def states(net: NetParameter, level: int = 0, stages: Sequence[str] = ()) -> Iterator[NetState]:
    """The states that a net is meant for: TRAIN and TEST if it has include or exclude rules, otherwise TEST.

    Args:
        net: the net's message.
        level: level of all states.
        stages: stages of all states; if empty and the rules exclude layers that others need, the first stage
            named by a rule with which the net is complete.
    """
    ruled = any(layer.include or layer.exclude for layer in net.layer)
    named = sorted({s for layer in net.layer for rule in layer.include for s in rule.stage})
    choices = [list(stages)] if stages else [[], *([stage] for stage in named[:_MAX_STAGES])]
    complete = False
    for phase in (TRAIN, TEST) if ruled else (TEST,):
        for stage in choices:
            state = NetState(phase=phase, level=level, stage=stage)
            if _is_complete(net, state):
                complete = True
                yield state
                break
    if not complete:
        yield NetState(phase=TEST, level=level, stage=choices[0])


def wire_without_data(
    net: Document[NetParameter],
    state: NetState,
    batch: int | None = None,
    *,
    unknown: Unknown = "error",
    reduction: Reduction | None = None,
) -> tuple[Graph, list[str]]:
    """Build the graph of a net with inputs in place of its data layers, of the first shape that fits.

    Args:
        net: the net's document, which is not modified.
        state: state to build the net for.
        batch: batch size of all inputs; None keeps that of each layer.
        unknown: how to handle layers that can't be built.
        reduction: how inputs become smaller.

    Returns:
        The graph, and a note for each replaced layer. If no shape fits, the tops of layers that read datasets
        of any shape (HDF5Data) have no shape, nor do the blobs computed from them.

    Raises:
        ConfigError: no shape fits; the faults are those of the likeliest guess.
    """
    layers = enumerate(net.message.layer)
    free = [
        index
        for index, layer in layers
        if (kind := kind_of(layer)) is not None and kind.any_shapes and includes(layer, state)
    ]
    first: ConfigError | None = None
    for unshaped in ((), free) if free else ((),):
        first = None
        samples = guesses(net.message, net.path or Path())
        if reduction:
            samples = samples[:1]
        candidates: list[tuple[Shape, Label]] = [(sample, "number") for sample in samples]
        candidates += [(samples[0], "image"), (samples[0], "sequence")]
        for sample, label in candidates:
            message = NetParameter()
            message.CopyFrom(net.message)
            notes = stand_in(message, state, sample, batch, unshaped, label)
            if reduction:
                reduction.apply(message, state)
            try:
                document = Document(message, net.root, net.path)
                return graph_of(document, state, unknown, unshaped=unshaped), notes
            except ConfigError as error:
                first = first or error
                if not notes:
                    break
    assert first is not None
    raise first


def _is_complete(net: NetParameter, state: NetState) -> bool:
    """Whether the state includes some layers, and with each layer those that produce its bottoms."""
    all_tops = {top for layer in net.layer for top in layer.top}
    tops: set[str] = set()
    stages = frozenset(state.stage)
    included = [layer for layer in net.layer if includes(layer, state, stages)]
    for layer in included:
        if any(bottom in all_tops and bottom not in tops for bottom in blobs_read(layer)):
            return False
        tops.update(layer.top)
    return bool(included)


def guesses(net: NetParameter, path: Path) -> list[Shape]:
    """Candidate shapes of one sample if the config doesn't give it, likeliest first."""
    if not any(kind.needs_images for _, kind in _known(net.layer)):
        return [_VECTOR, *_ANY_IMAGE]
    declared = (kind.declared_batch(layer) for layer, kind in _known(net.layer))
    in_memory = [batch[1:] for batch in declared if batch is not None]
    sources = (getattr(layer, param).source for layer in net.layer for param in _PARAMS[:5])
    names = " ".join([net.name, str(path), *sources]).lower()
    named = [shape for words, shape in _IMAGES if any(word in names for word in words)]
    if "siamese" in names:
        named.insert(0, (2, 28, 28))
    return list(dict.fromkeys((*in_memory, *named, *_ANY_IMAGE)))


def stand_in(
    net: NetParameter,
    state: NetState,
    sample: Shape,
    batch: int | None,
    unshaped: Collection[int] = (),
    label: Label = "number",
) -> list[str]:
    """Replace data layers by inputs, in place.

    Args:
        net: the net's message.
        state: state that the net will be built for.
        sample: shape of one sample for layers that don't give it.
        batch: batch size of all inputs; None keeps that of each layer.
        unshaped: indices of layers to replace by inputs without a shape.
        label: what a label is, for layers that don't say it.

    Returns:
        A note for each replaced layer.
    """
    notes: list[str] = []
    if any(kind.time_first for _, kind in _known(net.layer)):
        batch = None  # the first axis is time
    here = {index: layer for index, layer in enumerate(net.layer) if includes(layer, state)}
    for index, layer in here.items():
        kind = kind_of(layer)
        if kind is None:
            continue
        notes += _without_missing(layer, kind)
        if kind.writes(layer) and not layer.top:
            notes.append(f"nothing is written by {layer.type} '{layer.name}'")
            _clear(layer)
            layer.type = "Silence"
        if kind.self_contained or not kind.is_data:
            continue
        if kind.stand_in(layer) is not None:
            notes.append(f"random data for {layer.type} '{layer.name}'")
            continue
        shapes = [] if index in unshaped else list(_shapes(layer, kind, sample, label, batch))
        shapes = [
            tuple(size or _channels_beside(list(here.values()), top) for size in shape)
            for shape, top in zip(shapes, layer.top, strict=False)
        ]
        notes.append(f"{_sizes(shapes) or 'unknown shapes'} for {layer.type} '{layer.name}'")
        _clear(layer)
        layer.type = "Input"
        for shape in shapes:
            layer.input_param.shape.add(dim=shape)
    if batch is not None:
        _set_batch(list(here.values()), batch)
    return notes


def _channels_beside(layers: Sequence[LayerParameter], blob: str) -> int:
    """The channels of what a blob is compared with: the first bottom of a layer whose second one it is."""
    compared = next((each.bottom[0] for each in layers if list(each.bottom[1:2]) == [blob]), "")
    for layer in reversed(layers):
        if compared in layer.top:
            if layer.convolution_param.num_output or not layer.bottom:
                return layer.convolution_param.num_output or 1
            compared = layer.bottom[0]
    return 1


def _clear(layer: LayerParameter) -> None:
    """Clear the messages of a layer, whose type changes."""
    for field, _ in layer.ListFields():
        if field.name.endswith("_param"):
            layer.ClearField(field.name)


def _known(layers: Iterable[LayerParameter]) -> list[tuple[LayerParameter, type[Layer]]]:
    """The layers of registered types, with their classes."""
    return [(layer, kind) for layer in layers if (kind := kind_of(layer)) is not None]


def _without_missing(layer: LayerParameter, kind: type[Layer]) -> Iterator[str]:
    """Clear files to write, and fields whose file is missing and that the layer can do without; note each."""
    for path in kind.survey_fields:
        message, _, field = path.partition(".")
        given = getattr(layer, message)
        value = getattr(given, field) if given.HasField(field) else None
        if value and not (isinstance(value, str) and Path(value).exists()):
            given.ClearField(field)
            yield f"no {field} for {layer.type} '{layer.name}'"


def _sizes(shapes: Sequence[Shape]) -> str:
    return ", ".join("x".join(map(str, shape)) for shape in shapes)


def _shapes(
    layer: LayerParameter, kind: type[Layer], sample: Shape, label: Label, batch: int | None
) -> Iterator[Shape]:
    """The shape of each top: images first, then labels; of annotations for a batch of at most ``batch``."""
    size = next((getattr(layer, p).batch_size for p in _PARAMS if layer.HasField(p)), 1)
    if declared := kind.declared_batch(layer):
        size, *sides = declared
        sample = tuple(sides)
    else:
        sample = _image(layer, sample)
    fewer = min(size or 1, batch or size or 1)
    annotations = kind.annotation_shapes(layer, (fewer, *sample))
    if annotations is not None:
        yield from [(fewer, *sample), *annotations][: len(layer.top)]
        return
    for index, top in enumerate(layer.top):
        is_label = index > 0 and (not kind.any_shapes or "label" in top)
        yield (size or 1, *_of_label(label, sample)) if is_label else (size or 1, *sample)


def _of_label(label: Label, sample: Shape) -> Shape:
    """The shape of the label of one sample."""
    if label == "image" and len(sample) == 3:
        return (1, *sample[1:])
    return (_SEQUENCE,) if label == "sequence" else ()


def _image(layer: LayerParameter, sample: Shape) -> Shape:
    """The shape of one image after the layer's transforms, for the guess closest to ``sample``."""
    channels, height, width = sample if len(sample) == 3 else (3, 224, 224)
    kind, settled = LAYERS[layer.type], LayerParameter()
    settled.CopyFrom(layer)
    settled.transform_param.ClearField("mean_file")  # the file may be missing
    if settled.transform_param.crop_size > _MAX_GREY_CROP:
        channels = max(channels, 3)
    try:
        pipeline = kind.pipeline(settled) if issubclass(kind, DataLayer) else None
    except LayerFault:
        pipeline = None
    return sample if pipeline is None else pipeline.accepted_shape((channels, height, width))


def _set_batch(layers: Iterable[LayerParameter], batch: int) -> None:
    """Reduce the first axis of all inputs to ``batch`` if it is the same for all (it isn't for regions)."""
    shapes = [
        shape
        for layer, kind in _known(layers)
        if kind.self_contained or kind.is_input
        for shape in (*layer.input_param.shape, *layer.dummy_data_param.shape)
    ]
    if len({shape.dim[0] for shape in shapes if shape.dim}) == 1:
        for shape in shapes:
            shape.dim[0] = min(shape.dim[0], batch)
