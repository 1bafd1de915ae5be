"""``caffe.coord_map``: coordinate maps between tops of a `net_spec` net.

A map is (axis, scale, offset): from ``axis`` on, coordinate x of one top is ``scale * x + offset`` in the
other. Scale and offset are numbers, or arrays with one value per axis.
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
"""Layer types that keep coordinates unchanged."""


class UndefinedMapException(Exception):  # noqa: N818 (Caffe's name)
    """Raised for a layer type without a coordinate map."""


class AxisMismatchException(Exception):  # noqa: N818 (Caffe's name)
    """Raised for two maps that start at different axes."""


class CoordMap(NamedTuple):
    """A coordinate map; axis None matches any axis."""

    axis: int | None
    scale: Any
    offset: Any


Map = CoordMap | tuple[int | None, Any, Any]

_IDENTITY = CoordMap(None, 1, 0)


def conv_params(fn: Function) -> tuple[int, Array, Array, Array]:
    """Return axis, stride, kernel size (including dilation) and pad of a layer with a window."""
    params = fn.params.get("convolution_param", fn.params)
    axes = {f"{what}_{side}" for what in ("kernel", "stride", "pad") for side in "hw"}
    assert not axes & params.keys(), "cropping does not support legacy _h/_w params"
    kernel, dilation = _array(params["kernel_size"]), _array(params.get("dilation", 1))
    sides = {"pad_l", "pad_r", "pad_t", "pad_b", "causal"}
    assert not sides & params.keys(), "cropping does not support pads of sides but pad_begin and pad_end"
    stride, pad = _array(params.get("stride", 1)), _array(params.get("pad_begin", params.get("pad", 0)))
    return params.get("axis", 1), stride, (kernel - 1) * dilation + 1, pad


def crop_params(fn: Function) -> tuple[int, Array]:
    """Return a Crop layer's axis and offset."""
    params = fn.params.get("crop_param", fn.params)
    return params.get("axis", 2), _array(params.get("offset", 0))


def coord_map(fn: Function) -> CoordMap:
    """Return a layer's map from coordinates of its bottom to those of its top.

    Raises:
        UndefinedMapException: the layer's type has no map.
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
    raise UndefinedMapException(f"a layer of type {fn.type_name} has no coordinate map")


def compose(base_map: Map, next_map: Map) -> CoordMap:
    """Compose two maps: ``next_map`` is applied first, then ``base_map``.

    Raises:
        AxisMismatchException: they start at different axes.
    """
    ax1, a1, b1 = base_map
    ax2, a2, b2 = next_map
    if ax1 is not None and ax2 is not None and ax1 != ax2:
        raise AxisMismatchException(f"cannot compose maps that start at axis {ax1} and axis {ax2}")
    return CoordMap(ax2 if ax1 is None else ax1, a1 * a2, a1 * b2 + b1)


def inverse(map_: Map) -> CoordMap:
    """Return the inverse of a map."""
    axis, scale, offset = map_
    return CoordMap(axis, 1 / scale, -offset / scale)


def coord_map_from_to(top_from: Top, top_to: Top) -> CoordMap:
    """Return the map from coordinates of ``top_from`` to those of ``top_to``, over a common ancestor.

    Raises:
        RuntimeError: they have no common ancestor with a map to both.
    """
    ancestors = dict(_walk(top_from))
    for ancestor, to_top in _walk(top_to):
        if ancestor in ancestors:
            return compose(to_top, inverse(ancestors[ancestor]))
    raise RuntimeError("Could not compute map between tops; are they connected by spatial layers?")


def crop(top_from: Top, top_to: Top) -> Top:
    """Make a Crop layer that aligns ``top_from`` with ``top_to``.

    Raises:
        AssertionError: their scales differ, or the offset is negative or not an integer.
    """
    axis, scale, offset = coord_map_from_to(top_from, top_to)
    scales, offsets = np.atleast_1d(scale), np.atleast_1d(offset)
    assert (scales == 1).all(), f"scale mismatch on crop (a = {scale})"
    assert (offsets <= 0).all(), f"cannot crop negative offset (b = {offset})"
    assert (np.round(offsets) == offsets).all(), f"cannot crop noninteger offset (b = {offset})"
    crop_param = {"axis": (axis or 0) + 1, "offset": [int(-v) for v in offsets]}
    cropped: Top = layers.Crop(top_from, top_to, crop_param=crop_param)
    return cropped


def _walk(top: Top) -> Iterator[tuple[Top, CoordMap]]:
    """Yield a top and its ancestors, breadth first, each with its map to the top."""
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
