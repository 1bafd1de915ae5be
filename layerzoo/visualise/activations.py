"""Pictures of the activations of an image, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from layerzoo.errors import UsageError
from layerzoo.graph import GraphLayer
from layerzoo.net import Net
from layerzoo.visualise.blob_values import top_of, values_of
from layerzoo.visualise.colours import coloured, largest
from layerzoo.visualise.histogram import distribution
from layerzoo.visualise.page import Figure
from layerzoo.visualise.tiles import bars, grid, matrix, span

_MOST: Final = 64
_BARS: Final = 32


def activation_figures(
    net: Net,
    image: Tensor,
    name: str,
    layers: Sequence[str] = (),
    *,
    labels: Sequence[str] = (),
    most: int = _MOST,
) -> Iterator[Figure]:
    """A figure of the first top of each layer, in the order in which they run.

    Channels of images are tiles, all of a layer on one scale; a vector is a bar for each value, or a matrix
    if there are many.

    Args:
        net: a net with one input.
        image: the preprocessed image: 1 x channels x height x width.
        name: what the captions call the image.
        layers: names of layers; none means all.
        labels: names of the classes, for a vector of as many values.
        most: the number of channels to show.

    Raises:
        UsageError: a layer is unknown or has no top, or the net has several inputs.
    """
    graph = net.graph
    chosen = [graph.layers[top_of(net, layer).producer] for layer in layers]
    chosen = chosen or [layer for layer in graph.layers if layer.tops]
    with torch.no_grad():
        values = values_of(net, image, {layer.tops[0] for layer in chosen})
    shown = 0
    for layer in chosen:
        found = values.get(layer.tops[0])
        if found is None or found.dim() < 1 or found.numel() == 0:
            continue
        shown += 1
        array = found[0] if found.dim() > 1 and len(found) == 1 else found
        yield _figure(layer, array.float().cpu().numpy(), name, labels, most)
    if not shown:
        raise UsageError(f"net '{net.name}' has no layer among these with values to draw")


def _figure(layer: GraphLayer, values: NDArray[Any], image: str, labels: Sequence[str], most: int) -> Figure:
    shape = " x ".join(map(str, values.shape))
    picture, how = _drawn(values, labels, most)
    caption = f"{layer.name} ({layer.param.type}): {shape}, {span(values)}; {how}"
    facts = {"kind": "activations", "layer": layer.name, "type": layer.param.type, **distribution(values)}
    file = f"activations-{image}-{layer.index:03d}-{layer.name}"
    return Figure(f"Activations of {image}", file, caption, picture, facts)


def _drawn(values: NDArray[Any], labels: Sequence[str], most: int) -> tuple[Image.Image, str]:
    """The picture of a blob of one sample, and how it is drawn."""
    signs = "blue is negative, red positive" if bool((values < 0).any()) else "white is the largest"
    if values.size == max(values.shape, default=1) or values.ndim < 2:
        vector = values.reshape(-1)
        if len(vector) <= _BARS:
            names = labels if len(labels) == len(vector) else [str(index) for index in range(len(vector))]
            return bars(vector, names), "a bar for each value"
        side = int(np.ceil(np.sqrt(len(vector))))
        cells = np.pad(vector, (0, -len(vector) % side)).reshape(-1, side)
        return matrix(cells), f"a cell for each value, row by row; {signs}"
    if values.ndim == 2:
        return matrix(values), f"rows are its first axis; {signs}"
    planes = values.reshape(-1, *values.shape[-2:])
    part = f"the first {most} of {len(planes):,} channels" if len(planes) > most else "a tile a channel"
    return grid(coloured(planes[:most], largest(values))), f"{part}; {signs}"
