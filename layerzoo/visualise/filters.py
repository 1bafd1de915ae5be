"""Pictures of the filters of layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layerzoo.errors import UsageError
from layerzoo.graph import GraphLayer
from layerzoo.net import Net
from layerzoo.visualise.blob_values import layer_named, listed
from layerzoo.visualise.colours import coloured, largest
from layerzoo.visualise.histogram import distribution
from layerzoo.visualise.page import Figure
from layerzoo.visualise.tiles import grid, matrix, span

_COLOURS: Final = 3
_MOST: Final = 64
_MOST_CHANNELS: Final = 32


def filter_figures(
    net: Net, layers: Sequence[str] = (), *, rgb: bool = False, most: int = _MOST
) -> Iterator[Figure]:
    """A figure of the filters of each layer.

    The filters of an image's channels are in colour, mid-grey at 0; others have a row for each filter and a
    column for each channel. A weight of two axes is a matrix, outputs in rows; if the layer's bottom is an
    image, each row is drawn as one.

    Args:
        net: the net.
        layers: names of layers; none means all that have filters.
        rgb: whether images of three channels are in the order RGB, not BGR.
        most: the number of filters to show.

    Raises:
        UsageError: a layer is unknown, or has no filters; the net has none.
    """
    able = [layer.name for layer in net.graph.layers if _weight(net, layer) is not None]
    if not able:
        raise UsageError(f"net '{net.name}' has no layer with filters")
    for name in layers or able:
        layer = layer_named(net, name)
        weight = _weight(net, layer)
        if weight is None:
            raise UsageError(
                f"layer '{name}' ({layer.param.type}) of net '{net.name}' has no filters: none of its params "
                f"has two axes or more; layers with filters: {listed(able)}"
            )
        yield _figure(net, layer, weight, rgb, most)


def _weight(net: Net, layer: GraphLayer) -> NDArray[Any] | None:
    """The first param of a layer, if it has two axes or more of which two have several elements."""
    params = net.params.get(layer.name, ())
    if not params or params[0].dim() < 2:
        return None
    weight: NDArray[Any] = params[0].detach().float().cpu().numpy()
    return weight if weight.size > max(weight.shape) or weight.ndim == 2 else None


def _figure(net: Net, layer: GraphLayer, weight: NDArray[Any], rgb: bool, most: int) -> Figure:
    shape = " x ".join(map(str, weight.shape))
    picture, how = _drawn(net, layer, weight, rgb, most)
    caption = f"{layer.name} ({layer.param.type}): weight of {shape}, {span(weight)}; {how}"
    facts = {"kind": "filters", "layer": layer.name, "type": layer.param.type, **distribution(weight)}
    return Figure("Filters", f"filters-{layer.name}", caption, picture, facts)


def _drawn(
    net: Net, layer: GraphLayer, weight: NDArray[Any], rgb: bool, most: int
) -> tuple[Image.Image, str]:
    """The picture of a weight, and how it is drawn."""
    bottom = net.graph.blobs[layer.bottoms[0]].shape if layer.bottoms else None
    limit = largest(weight)
    if weight.ndim == 2:
        image = bottom is not None and len(bottom) == 4 and bottom[1] in {1, _COLOURS} and bottom[2] > 1
        if not (image and bottom is not None and bottom[1] * bottom[2] * bottom[3] == weight.shape[1]):
            return matrix(weight), "a row for each output; blue is negative, red positive"
        assert bottom is not None
        weight = weight.reshape(-1, *bottom[1:])
    count = len(weight)
    shown = weight[:most]
    part = f"the first {most} of {count:,}, " if count > most else ""
    if weight.ndim == 4 and weight.shape[1] == _COLOURS:
        order = shown if rgb else shown[:, ::-1]
        shares = np.nan_to_num(order / (limit or 1.0), nan=0.0, posinf=1.0, neginf=-1.0)
        tiles = np.rint(127.5 + 127.5 * np.clip(shares, -1, 1)).astype(np.uint8)
        return grid(tiles.transpose(0, 2, 3, 1)), f"{part}a tile for each filter, mid-grey is 0"
    signs = "blue is negative, red positive"
    if weight.ndim == 3:  # a filter over one axis: its channels in rows
        return grid(coloured(shown, limit)), f"{part}a tile for each filter, a row for each channel; {signs}"
    planes = shown.reshape(len(shown), -1, *weight.shape[-2:])
    if planes.shape[1] == 1:
        return grid(coloured(planes[:, 0], limit)), f"{part}a tile for each filter; {signs}"
    channels = planes.shape[1]
    planes = planes[:_MOST_CHANNELS, :_MOST_CHANNELS]
    if channels > _MOST_CHANNELS or count > _MOST_CHANNELS:
        part = f"{planes.shape[0]} of {count:,} filters and {planes.shape[1]} of {channels:,} channels, "
    tiles = coloured(planes.reshape(-1, *planes.shape[2:]), limit)
    return grid(tiles, planes.shape[1]), f"{part}a row for each filter, a column for each channel; {signs}"
