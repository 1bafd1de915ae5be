"""The sources of a net's data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, log2
from typing import Final

import numpy as np
import torch

from layerzoo.data import DataLayer, Pipeline
from layerzoo.data.batches import order_of
from layerzoo.data.draws import StreamKey
from layerzoo.data.order import Order
from layerzoo.data.samples import Array, Samples
from layerzoo.data.transform.steps.mean import Mean
from layerzoo.data.transform.steps.scale import Scale
from layerzoo.errors import DataError, LayerFault
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS
from layerzoo.net.class_weights import source_of
from layerzoo.schema import LayerParameter, Phase, ReadingParameter
from layerzoo.seeds import stable_seed

_PROBED: Final = 16
"""Samples that show the range of values."""
_GREY: Final = 16.0
"""The largest value above which values that aren't negative seem to be grey levels."""


@dataclass
class DataSource:
    """What a data layer reads.

    Attributes:
        phase: ``TRAIN`` or ``TEST``.
        param: the layer's message.
        name: the layer's name.
        outputs: number of classes of the layers that read its labels, each with the layer's name and the
            label that it ignores, if any.
    """

    phase: str
    param: LayerParameter
    name: str
    outputs: list[tuple[int, str, int | None]] = field(default_factory=list)

    @cached_property
    def layer(self) -> DataLayer:
        """The layer, whose source is open."""
        return _built(self.param, self.name)

    @property
    def part(self) -> str:
        """The part of the data that is read, for messages: that of ``split``, or the phase."""
        split = self.param.reading_param.split
        return self.phase if split == ReadingParameter.ALL else ReadingParameter.Split.Name(split)

    @cached_property
    def raw(self) -> Samples:
        """The source without transforms and cache; a sample that can't be read is an error."""
        param = LayerParameter()
        param.CopyFrom(self.param)
        for name in ("on_error", "max_skipped", "cache"):
            param.reading_param.ClearField(name)
        given = self.param.transform_param
        if param.HasField("transform_param"):
            param.transform_param.Clear()
            for name in ("force_color", "force_gray"):
                if getattr(given, name):
                    setattr(param.transform_param, name, True)
        return _built(param, self.name).source

    @cached_property
    def pipeline(self) -> Pipeline | None:
        """The transforms; None if the source has no images."""
        return self.layer.pipeline(self.param)

    @cached_property
    def names(self) -> list[str]:
        """Names of the classes; empty if they have none."""
        return list(self.layer.class_names(self.param) or ())

    @cached_property
    def is_image(self) -> bool:
        """Whether the first top holds images."""
        if not self.layer.reads_images or self.pipeline is None:
            return False
        return len(self.layer.top_shapes(self.param, [])[0]) >= 4

    @cached_property
    def span(self) -> tuple[float, float]:
        """The values of black and of white before the transforms.

        Of values that aren't bytes and whose range is unknown: 0 and 255 if some samples seem to be grey
        levels, else 0, or the negative, and a power of two that none of them exceeds.
        """
        known = self.pipeline and self.pipeline.peak
        return (0.0, known) if known else span_of(self._probes())

    @property
    def unit(self) -> float:
        """What values are multiplied by for statistics: grey levels, or values as they are stored."""
        known = self.pipeline and self.pipeline.peak
        return 255 / known if known else 1.0

    @property
    def text(self) -> str:
        """What is read, for titles: the files, or the name of the data set."""
        paths = [_value(self.param, path) for path in self.layer.path_fields if "mean_file" not in path]
        named = [self.param.dataset_param.name, self.param.dataset_param.split]
        shown = [path for path in paths if path] or [word for word in named if self.param.dataset_param.name]
        return f"{self.param.type} {' '.join(shown)}".strip()

    def class_name(self, label: int) -> str:
        """The name of a class, or its number."""
        return self.names[label] if 0 <= label < len(self.names) else str(label)

    def close(self) -> None:
        """Close what was opened."""
        if "layer" in self.__dict__:
            self.layer.close()
        if "raw" in self.__dict__:
            self.raw.close()

    def original(self, index: int) -> tuple[Array, ...]:
        """One sample without transforms.

        Raises:
            DataError: it can't be read.
        """
        return self.raw.read(np.array([index]), np.array([index]), 0)

    def fed(self, number: int, seed: int) -> tuple[Array, ...]:
        """The sample with a number in the sequence that the net reads, as it is fed.

        Raises:
            DataError: it can't be read.
        """
        numbers = np.array([number])
        key = StreamKey(stable_seed(seed, self.name, "samples"), self.layer.plan.batch_size)
        arrays = self.layer.source.read(self.order(seed).indices(numbers), numbers, key)
        if self.pipeline is None or not self.pipeline.deferred:
            return arrays
        images = self.pipeline.run_on_device(torch.from_numpy(arrays[0]), numbers, key).numpy()
        return (images, *arrays[1:])

    def order(self, seed: int) -> Order:
        """The order in which the net reads."""
        layer = self.layer
        return order_of(layer.source, layer.plan, self.name, seed, layer.switches.balanced)

    def as_bytes(self, image: Array) -> Array:
        """An image before its transforms as bytes, from black to white."""
        return as_bytes(image, *self.span)

    def _probes(self) -> Iterator[Array]:
        """Images from the whole source."""
        count = len(self.raw)
        for index in sorted({count * place // _PROBED for place in range(_PROBED)} if count else ()):
            with suppress(DataError):
                yield self.original(index)[0][0]

    def shown(self, image: Array) -> Array:
        """An image as it is fed, with mean and scale undone: channels x height x width, bytes.

        A mean image is undone by the mean of each of its channels.
        """
        steps = [] if self.pipeline is None else self.pipeline.steps
        values = np.asarray(image, np.float32)
        for step in reversed(steps):
            if isinstance(step, Scale) and step.factor:
                values = values / step.factor
            elif isinstance(step, Mean):
                values = values + step.mean.mean((1, 2), keepdims=True)
        return as_bytes(values, *self.span)


def as_bytes(values: Array, black: float, white: float) -> Array:
    """Values from ``black`` to ``white`` as bytes."""
    levels = (np.asarray(values, np.float64) - black) * (255 / (white - black))
    whole: Array = np.rint(np.nan_to_num(levels, nan=0.0)).clip(0, 255).astype(np.uint8)
    return whole


def span_of(images: Iterable[Array]) -> tuple[float, float]:
    """The values of black and white of images; see `DataSource.span`."""
    low = high = 0.0
    for image in images:
        if image.dtype == np.uint8:
            return 0.0, 255.0
        finite = image[np.isfinite(image)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if low >= 0 and _GREY < high <= 255:
        return 0.0, 255.0
    most = max(high, -low)
    white = 2.0 ** ceil(log2(most)) if 2.0**-120 < most < 2.0**120 else 1.0
    return (-white if low < 0 else 0.0), white


def with_common_spans(sources: Sequence[DataSource]) -> None:
    """Let sources of images whose range is unknown have one black and one white, so that they compare."""
    of_images = [each for each in sources if each.is_image and each.unit == 1.0]
    if of_images:
        black, white = min(each.span[0] for each in of_images), max(each.span[1] for each in of_images)
        for each in of_images:
            each.span = black, white


def sources_of(graphs: Sequence[Graph]) -> list[DataSource]:
    """The sources of the data layers of nets; those of nets of one phase that read the same only once.

    Args:
        graphs: nets, such as that of TRAIN and those of TEST.
    """
    sources: list[DataSource] = []
    for graph in graphs:
        for layer in graph.layers:
            name = layer.kind.type_name
            if name not in LAYERS or not issubclass(LAYERS[name], DataLayer):
                continue
            new = DataSource(
                Phase.Name(graph.state.phase), layer.param, layer.name, list(_outputs(graph, layer))
            )
            for known in sources:
                if _same_layer(known, new):
                    known.outputs += new.outputs
                    break
            else:
                sources.append(new)
    return sources


def _same_layer(known: DataSource, new: DataSource) -> bool:
    """Whether nets of one phase have a data layer in common, whatever stages it is in."""
    messages = []
    for each in (known, new):
        message = LayerParameter()
        message.CopyFrom(each.param)
        message.ClearField("include")
        message.ClearField("exclude")
        messages.append(message)
    return (known.phase, known.name) == (new.phase, new.name) and messages[0] == messages[1]


def _built(param: LayerParameter, name: str) -> DataLayer:
    try:
        layer = LAYERS[param.type].build(param, [], 0, name)
    except LayerFault as fault:
        raise DataError(f"layer '{name}': {fault.message}") from None
    assert isinstance(layer, DataLayer)
    return layer


def _outputs(graph: Graph, data: GraphLayer) -> Iterator[tuple[int, str, int | None]]:
    for layer in graph.layers:
        name = layer.kind.type_name
        axis = LAYERS[name].class_axis(layer.param) if name in LAYERS and len(layer.bottoms) > 1 else None
        shape = graph.blobs[layer.bottoms[0]].shape if axis is not None else None
        if axis is None or not shape or source_of(graph, layer.bottoms[1]) is not data:
            continue
        ignored = None
        for message in ("loss_param", "accuracy_param"):
            part = getattr(layer.param, message)
            if part.HasField("ignore_label"):
                ignored = part.ignore_label
        yield shape[axis], layer.name, ignored


def _value(param: LayerParameter, path: str) -> str:
    message, _, name = path.partition(".")
    value = getattr(getattr(param, message), name, "")
    return value if isinstance(value, str) else " ".join(map(str, value))
