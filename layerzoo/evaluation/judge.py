"""Run a net over its test set and collect its scores for each sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from layerzoo.data import DataLayer
from layerzoo.errors import UsageError
from layerzoo.graph import Blob, Graph
from layerzoo.layer import LAYERS
from layerzoo.net import Net


@dataclass
class Judged:
    """The scores of a net for each sample of a set.

    Attributes:
        scores: samples x classes.
        labels: true class of each sample.
        images: the net's input images, samples x channels x height x width; None if its inputs are no images.
    """

    scores: NDArray[np.float32]
    labels: NDArray[np.int64]
    images: NDArray[np.float32] | None = None


def judge(net: Net, batches: int | None = None) -> Judged:
    """Run a TEST net over its test set.

    Args:
        net: a net with data layers and a layer that compares scores with labels.
        batches: number of batches; None for one pass over the whole set.

    Raises:
        UsageError: the net has no layer that compares scores with labels, or no data layer.
    """
    scores, labels, axis = compared(net.graph)
    images_of = image_blob(net.graph)
    results: list[tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32] | None]] = []
    for _ in passes(net, batches):
        values = net.blob(scores.index).movedim(axis, -1)
        results.append(
            (
                values.reshape(-1, values.shape[-1]).float().cpu().numpy(),
                net.blob(labels.index).reshape(-1).cpu().numpy().astype(np.int64),
                net.blob(images_of.index).float().cpu().numpy() if images_of else None,
            )
        )
    images = [image for _, _, image in results if image is not None]
    return Judged(
        np.concatenate([batch for batch, _, _ in results]),
        np.concatenate([batch for _, batch, _ in results]),
        np.concatenate(images) if images else None,
    )


def passes(net: Net, batches: int | None = None) -> Iterator[dict[str, Tensor]]:
    """Run forward passes over a net's set; after each one, all blobs can be read.

    Raises:
        UsageError: the net has no data layer with a finite set, and ``batches`` is None.
    """
    sources = [layer for layer in net.data_layers if isinstance(layer, DataLayer) and layer.epoch_size]
    if batches is None:
        if not sources:
            raise UsageError(
                f"net '{net.name}' has no data layer with a set of samples; give it a TEST data layer"
            )
        for layer in sources:
            layer.whole_pass = True
        batches = max(layer.batches_per_pass for layer in sources)
    with torch.no_grad():
        for batch in range(batches):
            net.clock.batch = batch
            yield net()


def compared(graph: Graph) -> tuple[Blob, Blob, int]:
    """The blobs of scores and labels, and the class axis of the scores.

    Raises:
        UsageError: the net has no layer that compares scores with labels.
    """
    comparing = [
        (layer, kind.higher_is_better, axis)
        for layer in graph.layers
        for kind in [LAYERS[layer.kind.type_name]]
        if (axis := kind.class_axis(layer.param)) is not None and len(layer.bottoms) >= 2
    ]
    if comparing:  # the last score, or else the last loss
        layer, _, axis = max(reversed(comparing), key=itemgetter(1))
        scores, labels = (graph.blobs[index] for index in layer.bottoms[:2])
        return scores, labels, axis
    raise UsageError(
        f"net '{graph.name}' has no layer that compares scores with labels, "
        "such as Accuracy or SoftmaxWithLoss; layerzoo test gives the outputs of any net"
    )


def image_blob(graph: Graph) -> Blob | None:
    """The blob of a net's input images; None if its data are no images."""
    for layer in graph.layers:
        if layer.kind.is_data and layer.tops:
            blob = graph.blobs[layer.tops[0]]
            if blob.shape and len(blob.shape) == 4 and blob.shape[1] in {1, 3}:
                return blob
    return None
