"""``caffe.coord_map``: how the coordinates of one top of a `net_spec` net lie in those of another.

A map is (axis, scale, offset): from ``axis`` on, a coordinate x of the one is ``scale * x + offset`` of the
other. Scale and offset are numbers, or arrays with a value for each axis.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layerzoo.pycaffe.net_spec import Function, Top, layers

Array = NDArray[Any]

PASS_THROUGH_LAYERS = [
    "AbsVal",
    "BatchNorm",
    "Bias",
    "BNLL",
    "Dropout",
    "Eltwise",
    "ELU",
    "Log",
    "LRN",
    "Exp",
    "MVN",
    "Power",
    "ReLU",
    "PReLU",
    "Scale",
    "Sigmoid",
    "Split",
    "TanH",
    "Threshold",
]
"""Types that leave coordinates as they are."""


class UndefinedMapException(Exception):  # noqa: N818 (Caffe's name)
    """A layer has no map of coordinates."""


class AxisMismatchException(Exception):  # noqa: N818 (Caffe's name)
    """Two maps begin at different axes."""


class CoordMap(NamedTuple):
    """One map; an axis of None fits any."""

    axis: int | None
    scale: Any
    offset: Any


Map = CoordMap | tuple[int | None, Any, Any]

_IDENTITY = CoordMap(None, 1, 0)


def conv_params(fn: Function) -> tuple[int, Array, Array, Array]:
    """First spatial axis, stride, kernel size (with dilation) and pad of a windowed layer."""
    params = fn.params.get("convolution_param", fn.params)
    axes = {f"{what}_{side}" for what in ("kernel", "stride", "pad") for side in "hw"}
    assert not axes & params.keys(), "cropping does not support legacy _h/_w params"
    kernel, dilation = _array(params["kernel_size"]), _array(params.get("dilation", 1))
    stride, pad = _array(params.get("stride", 1)), _array(params.get("pad", 0))
    return params.get("axis", 1), stride, (kernel - 1) * dilation + 1, pad


def crop_params(fn: Function) -> tuple[int, Array]:
    """The first axis that a Crop cuts, and where."""
    params = fn.params.get("crop_param", fn.params)
    return params.get("axis", 2), _array(params.get("offset", 0))


def coord_map(fn: Function) -> CoordMap:
    """The map of a layer's coordinates: bottom's of its top's.

    Raises:
        UndefinedMapException: it has none.
    """
    if fn.type_name in ("Convolution", "Pooling", "Im2col"):
        axis, stride, kernel, pad = conv_params(fn)
        return CoordMap(axis, 1 / stride, (pad - (kernel - 1) / 2) / stride)
    if fn.type_name == "Deconvolution":
        axis, stride, kernel, pad = conv_params(fn)
        return CoordMap(axis, stride, (kernel - 1) / 2 - pad)
    if fn.type_name in PASS_THROUGH_LAYERS:
        return _IDENTITY
    if fn.type_name == "Crop":
        axis, offset = crop_params(fn)
        return CoordMap(axis - 1, 1, -offset)
    raise UndefinedMapException(f"a layer of type {fn.type_name} has no map of coordinates")


def compose(base_map: Map, next_map: Map) -> CoordMap:
    """One map after another.

    Raises:
        AxisMismatchException: they begin at different axes.
    """
    ax1, a1, b1 = base_map
    ax2, a2, b2 = next_map
    if ax1 is not None and ax2 is not None and ax1 != ax2:
        raise AxisMismatchException(f"maps from axis {ax1} and from axis {ax2}")
    return CoordMap(ax2 if ax1 is None else ax1, a1 * a2, a1 * b2 + b1)


def inverse(map_: Map) -> CoordMap:
    """The map in the other direction."""
    axis, scale, offset = map_
    return CoordMap(axis, 1 / scale, -offset / scale)


def coord_map_from_to(top_from: Top, top_to: Top) -> CoordMap:
    """The map of coordinates of ``top_from`` to those of ``top_to``, by a layer that both come from.

    Raises:
        RuntimeError: there is none with a map to both.
    """
    reached = dict(_walk(top_from))
    for top, found in _walk(top_to):
        if top in reached:
            return compose(found, inverse(reached[top]))
    raise RuntimeError("Could not compute map between tops; are they connected by spatial layers?")


def crop(top_from: Top, top_to: Top) -> Top:
    """A Crop of ``top_from`` to ``top_to`` that lines them up.

    Raises:
        AssertionError: their scales differ, or the offset isn't a whole number of at least 0.
    """
    axis, scale, offset = coord_map_from_to(top_from, top_to)
    scales, offsets = np.atleast_1d(scale), np.atleast_1d(offset)
    assert (scales == 1).all(), f"scale mismatch on crop (a = {scale})"
    assert (offsets <= 0).all(), f"cannot crop negative offset (b = {offset})"
    assert (np.round(offsets) == offsets).all(), f"cannot crop noninteger offset (b = {offset})"
    cut = [int(-v) for v in offsets]
    made: Top = layers.Crop(top_from, top_to, crop_param={"axis": (axis or 0) + 1, "offset": cut})
    return made


def _walk(top: Top) -> Iterator[tuple[Top, CoordMap]]:
    """A top and what it comes from, each with the map from the top."""
    maps = {top: _IDENTITY}
    frontier = [top]
    while frontier:
        at = frontier.pop(0)
        yield at, maps[at]
        bottoms = at.fn.inputs[:1] if at.fn.type_name == "Crop" else at.fn.inputs
        try:
            step = coord_map(at.fn)
        except UndefinedMapException:
            continue
        for bottom in bottoms:
            maps[bottom] = compose(maps[at], step)
            frontier.append(bottom)


def _array(value: Any) -> Array:
    return np.array(value, ndmin=1)
