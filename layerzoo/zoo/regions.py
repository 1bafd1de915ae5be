"""Find objects in images, and the class of each pixel, with nets of the zoo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from layerzoo.errors import ConfigError, DataError, ZooError
from layerzoo.graph import Graph
from layerzoo.layer import LAYERS
from layerzoo.net import graph_of
from layerzoo.schema import NetParameter
from layerzoo.zoo.preprocessing import Preprocessing
from layerzoo.zoo.zoo_net import ImageSource, ZooNet


@dataclass(frozen=True)
class Detection:
    """An object in an image.

    Attributes:
        label: class label; the index if the entry has no labels.
        index: class index.
        score: score of the net.
        left, top, right, bottom: sides of its box, as shares of the image's width and height.
    """

    label: str
    index: int
    score: float
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Segmentation:
    """The class of each pixel of an image, in the size of the net's output.

    Attributes:
        mask: height x width, class indices.
        labels: names of the classes that occur, by index.
    """

    mask: NDArray[np.uint8]
    labels: dict[int, str]


def detect_each(
    net: ZooNet, images: Iterable[ImageSource], threshold: float = 0.5, batch_size: int = 16
) -> Iterator[tuple[ImageSource, list[Detection] | DataError]]:
    """The objects in each image, best first.

    A net that can't tell the detections of the images of a batch apart gets one image at a time.

    Args:
        net: a net whose output is a list of detections.
        images: the images.
        threshold: the least score.
        batch_size: number of images in a pass.

    Returns:
        each image with its detections, or with a `DataError` if it can't be read.

    Raises:
        ZooError: the net has no such output, or doesn't take images.
    """
    layers = net.net.ordered_layers()
    outputs = [blob.name for blob in net.net.graph.outputs if layers[blob.producer].gives_detections]
    if len(outputs) != 1:
        raise ZooError(f"{net.name} finds no objects: {len(outputs)} of its outputs are lists of detections")

    producer = next(blob.producer for blob in net.net.graph.outputs if blob.name == outputs[0])
    if not _takes_batches(net.net.graph, producer):
        batch_size = 1

    def results(prepared: Tensor) -> Iterator[list[Detection]]:
        rows = net.output(prepared, outputs[0]).reshape(-1, 7).tolist()
        kept = sorted((row for row in rows if row[2] >= threshold and row[1] >= 0), key=lambda row: -row[2])
        for number in range(len(prepared)):
            yield [_detection(net, row) for row in kept if row[0] == number]

    return net.each(images, results, batch_size)


def segment_each(
    net: ZooNet, images: Iterable[ImageSource], batch_size: int = 16
) -> Iterator[tuple[ImageSource, Segmentation | DataError]]:
    """The class of each pixel of each image: that of the highest score.

    Args:
        net: a net whose output has scores (count, classes, height, width).
        images: the images.
        batch_size: number of images in a pass.

    Returns:
        each image with its mask, or with a `DataError` if it can't be read.

    Raises:
        ZooError: the net has no such output, or doesn't take images.
    """
    name = net.prediction
    shape = next(blob.shape for blob in net.net.graph.outputs if blob.name == name)
    if shape is None or len(shape) != 4 or shape[2] * shape[3] == 1 or not 2 <= shape[1] <= 256:
        raise ZooError(
            f"{net.name} doesn't segment images: output '{name}' has shape {shape}; expected scores of 2 to "
            "256 classes for each pixel"
        )

    def results(prepared: Tensor) -> Iterator[Segmentation]:
        for scores in net.output(prepared, name):
            mask = scores.argmax(0).numpy().astype(np.uint8)
            yield Segmentation(mask, {int(index): net.label(int(index)) for index in np.unique(mask)})

    return net.each(images, results, batch_size)


def _takes_batches(graph: Graph, index: int) -> bool:
    """Whether the detections that a layer makes of a batch tell which image each is of."""
    layer = graph.layers[index]
    if LAYERS[layer.kind.type_name].mixes_images:
        return False
    twice = NetParameter()
    for one in graph.layers:
        copy = twice.layer.add()
        copy.CopyFrom(one.param)
        for shape in copy.input_param.shape:
            shape.dim[0] *= 2
    try:
        bottom = graph_of(twice, graph.state).shapes(layer.bottoms)[0]
    except ConfigError:
        return False
    return bottom[0] == 2 * graph.shapes(layer.bottoms)[0][0]


def uncropped(detections: list[Detection], how: Preprocessing) -> list[Detection]:
    """Detections in a centre crop, with boxes as shares of the whole image."""
    if not how.crop_size:
        return detections
    wide, high = how.crop_size / how.size[1], how.crop_size / how.size[0]

    def whole(share: float, part: float) -> float:
        return share * part + (1 - part) / 2

    return [
        Detection(
            one.label,
            one.index,
            one.score,
            whole(one.left, wide),
            whole(one.top, high),
            whole(one.right, wide),
            whole(one.bottom, high),
        )
        for one in detections
    ]


def _detection(net: ZooNet, row: list[float]) -> Detection:
    index = int(row[1])
    found = Detection(net.label(index), index, row[2], *(min(1.0, max(0.0, side)) for side in row[3:7]))
    return uncropped([found], net.preprocessing)[0] if net.preprocessing else found
