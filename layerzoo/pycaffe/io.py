"""``caffe.io``: convert between images, arrays and messages."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch.nn import functional as F

from layerzoo.image_file import MAX_FILE, open_image
from layerzoo.pycaffe.proto import caffe_pb2
from layerzoo.regular_file import read_bytes

Array = NDArray[Any]

# Messages and arrays


def blobproto_to_array(blob: Any, return_diff: bool = False) -> Array:
    """Return a BlobProto's values as a float64 array of its shape.

    Args:
        return_diff: return the gradients instead.

    Raises:
        ValueError: the number of values doesn't match the shape.
    """
    double = bool(blob.double_data or blob.double_diff)
    name = ("double_" if double else "") + ("diff" if return_diff else "data")
    values = np.array(getattr(blob, name), np.float64)
    if any(blob.HasField(axis) for axis in ("num", "channels", "height", "width")):
        return values.reshape(blob.num, blob.channels, blob.height, blob.width)
    return values.reshape(tuple(blob.shape.dim))


def array_to_blobproto(arr: ArrayLike, diff: ArrayLike | None = None) -> Any:
    """Make a BlobProto of an array, and of gradients of the same shape."""
    values = np.asarray(arr)
    blob = _message("BlobProto")
    blob.shape.dim.extend(values.shape)
    blob.data.extend(values.astype(float).ravel())
    if diff is not None:
        blob.diff.extend(np.asarray(diff).astype(float).ravel())
    return blob


def arraylist_to_blobprotovector_str(arraylist: Iterable[ArrayLike]) -> bytes:
    """Serialise arrays as a BlobProtoVector."""
    vector = _message("BlobProtoVector")
    vector.blobs.extend(array_to_blobproto(array) for array in arraylist)
    return bytes(vector.SerializeToString())


def blobprotovector_str_to_arraylist(str: bytes) -> list[Array]:  # noqa: A002 (Caffe's name for it)
    """Parse a serialised BlobProtoVector into arrays."""
    vector = _message("BlobProtoVector")
    vector.ParseFromString(str)
    return [blobproto_to_array(blob) for blob in vector.blobs]


def array_to_datum(arr: Array, label: int | None = None) -> Any:
    """Make a Datum of an array channels x height x width: uint8 as bytes, other types as floats.

    Raises:
        ValueError: the array doesn't have three axes.
    """
    if arr.ndim != 3:
        raise ValueError("Incorrect array shape.")
    datum = _message("Datum")
    datum.channels, datum.height, datum.width = arr.shape
    if arr.dtype == np.uint8:
        datum.data = arr.tobytes()
    else:
        datum.float_data.extend(arr.astype(float).ravel())
    if label is not None:
        datum.label = label
    return datum


def datum_to_array(datum: Any) -> Array:
    """Return a Datum's image, channels x height x width; the label is ``datum.label``."""
    shape = (datum.channels, datum.height, datum.width)
    if datum.data:
        return np.frombuffer(datum.data, np.uint8).reshape(shape).copy()
    return np.array(datum.float_data, float).reshape(shape)


# Preprocessing


class Transformer:
    """Preprocesses images for a net's inputs, and reverses it.

    Args:
        inputs: shape of each input blob by name: ``{"data": net.blobs["data"].data.shape}``.
    """

    def __init__(self, inputs: Mapping[str, Sequence[int]]) -> None:
        self.inputs = inputs
        self.transpose: dict[str, Sequence[int]] = {}
        self.channel_swap: dict[str, Sequence[int]] = {}
        self.raw_scale: dict[str, float] = {}
        self.mean: dict[str, Array] = {}
        self.input_scale: dict[str, float] = {}

    def preprocess(self, in_: str, data: Array) -> Array:
        """Preprocess an image: resize, transpose, swap channels, scale, subtract the mean, scale.

        Args:
            in_: the input's name.
            data: height x width x channels.
        """
        self._check(in_)
        # a copy, since the following steps work in place
        out = np.array(data, np.float32)
        size = tuple(self.inputs[in_][2:])
        if out.shape[:2] != size:
            out = resize_image(out, size)
        if self.transpose.get(in_) is not None:
            out = out.transpose(self.transpose[in_])
        if self.channel_swap.get(in_) is not None:
            out = out[list(self.channel_swap[in_]), :, :]
        if self.raw_scale.get(in_) is not None:
            out *= self.raw_scale[in_]
        if self.mean.get(in_) is not None:
            out -= self.mean[in_]
        if self.input_scale.get(in_) is not None:
            out *= self.input_scale[in_]
        return out

    def deprocess(self, in_: str, data: Array) -> Array:
        """Reverse `preprocess`, except for the resizing."""
        self._check(in_)
        out = data.copy().squeeze()
        if self.input_scale.get(in_) is not None:
            out /= self.input_scale[in_]
        if self.mean.get(in_) is not None:
            out += self.mean[in_]
        if self.raw_scale.get(in_) is not None:
            out /= self.raw_scale[in_]
        if self.channel_swap.get(in_) is not None:
            out = out[np.argsort(self.channel_swap[in_]), :, :]
        if self.transpose.get(in_) is not None:
            out = out.transpose(np.argsort(self.transpose[in_]))
        return out

    def set_transpose(self, in_: str, order: Sequence[int]) -> None:
        """Set the order of axes: (2, 0, 1) moves channels to the front."""
        self._check(in_)
        if len(order) != len(self.inputs[in_]) - 1:
            raise Exception("Transpose order needs to have the same number of dimensions as the input.")
        self.transpose[in_] = order

    def set_channel_swap(self, in_: str, order: Sequence[int]) -> None:
        """Set the order of channels, applied after the transposition: (2, 1, 0) turns RGB into BGR."""
        self._check(in_)
        if len(order) != self.inputs[in_][1]:
            raise Exception("Channel swap needs to have the same number of dimensions as the input channels.")
        self.channel_swap[in_] = order

    def set_raw_scale(self, in_: str, scale: float) -> None:
        """Set the factor applied before the mean is subtracted: 255 for images from 0 to 1."""
        self._check(in_)
        self.raw_scale[in_] = scale

    def set_mean(self, in_: str, mean: Array) -> None:
        """Set the mean to subtract: one value per channel, or an image channels x height x width.

        Raises:
            ValueError: the number of channels or axes doesn't match the input.
        """
        self._check(in_)
        if mean.ndim == 1:
            if mean.shape[0] != self.inputs[in_][1]:
                raise ValueError("Mean channels incompatible with input.")
            mean = mean[:, np.newaxis, np.newaxis]
        else:
            shape = (1, *mean.shape) if mean.ndim == 2 else mean.shape
            if len(shape) != 3:
                raise ValueError("Mean shape invalid")
            wanted = tuple(self.inputs[in_][1:])
            if shape != wanted:
                whole = mean.reshape(shape).transpose(1, 2, 0)
                mean = resize_image(whole, wanted[1:]).transpose(2, 0, 1)
        self.mean[in_] = mean

    def set_input_scale(self, in_: str, scale: float) -> None:
        """Set the factor applied after the mean is subtracted."""
        self._check(in_)
        self.input_scale[in_] = scale

    def _check(self, in_: str) -> None:
        if in_ not in self.inputs:
            raise Exception(f"{in_} is not one of the net inputs: {self.inputs}")


# Images

_LUMINANCE = np.array([[0.2125], [0.7154], [0.0721]], np.float32)
"""Weights of red, green and blue in grey: ITU-R BT.709, as in scikit-image."""


def load_image(filename: str, color: bool = True) -> Array:
    """Load an image file as float32 from 0 to 1, height x width x 3 (RGB), or x 1 without ``color``.

    Raises:
        OSError: the file can't be read.
        DataError: it is not an image that can be decoded.
    """
    with open_image(read_bytes(filename, MAX_FILE), str(filename)) as image:
        if image.mode in ("I;16", "I;16B", "I;16L", "I"):
            grey = np.asarray(image, np.float32) / 65535
            single = grey[:, :, np.newaxis]
            return np.repeat(single, 3, axis=2) if color else single
        if not color and image.mode in ("1", "L"):
            return np.asarray(image.convert("L"), np.float32)[:, :, np.newaxis] / 255
        pixels = np.asarray(image.convert("RGB"), np.float32) / 255
    return pixels if color else pixels @ _LUMINANCE


def resize_image(im: Array, new_dims: Sequence[int], interp_order: int = 1) -> NDArray[np.float32]:
    """Resize an image.

    One or three channels are resized as by scikit-image: an enlarged image fades to its minimum at the edges.
    Any other number is resized as by SciPy's ``zoom``: the corner pixels keep their place.

    Args:
        im: height x width x channels.
        new_dims: new height and width.
        interp_order: 0 nearest, 1 bilinear, 2 and more bicubic.
    """
    height, width = (int(d) for d in new_dims)
    zooms = im.shape[-1] not in (1, 3)
    if interp_order > 1:
        return _bicubic(im, (height, width), zooms)
    resized = im.astype(np.float64)
    for axis, size in enumerate((height, width)):
        resized = _along(resized, axis, size, interp_order, zooms=zooms, constant_values=im.min())
    return np.ascontiguousarray(resized, np.float32)


def resize(
    image: ArrayLike,
    output_shape: Sequence[int],
    order: int = 1,
    mode: str = "constant",
    cval: float = 0.0,
    preserve_range: bool = False,
) -> Array:
    """Resize an array as scikit-image's ``resize`` of that time, which Caffe's module exported.

    Args:
        image: any number of axes. Integers are scaled to the range from 0 to 1, unless ``preserve_range``.
        output_shape: new size of each axis; missing trailing axes keep their size.
        order: 0 nearest, 1 linear.
        mode: values outside the array: ``constant`` is ``cval``; else as in ``np.pad``.

    Raises:
        ValueError: any other order.
    """
    if order not in (0, 1):
        raise ValueError(f"resize: order {order}; expected 0 or 1 (resize_image supports higher orders)")
    resized = np.asarray(image)
    if resized.dtype.kind in "iu" and not preserve_range:
        resized = resized / np.iinfo(resized.dtype).max
    around = (
        {"constant_values": cval} if mode == "constant" else {"mode": "edge" if mode == "nearest" else mode}
    )
    resized = resized.astype(np.float64)
    for axis, size in enumerate(output_shape):
        resized = _along(resized, axis, int(size), order, **around)
    return resized


def _along(values: Array, axis: int, size: int, order: int, zooms: bool = False, **around: Any) -> Array:
    """Resize an array along one axis.

    Args:
        zooms: align the centres of the outermost pixels; else align their outer edges.
        around: values outside the array, as keywords of ``np.pad``.
    """
    values = values.swapaxes(0, axis)
    count = len(values)
    if zooms:
        places = np.arange(size) * ((count - 1) / max(size - 1, 1))
    else:
        places = (np.arange(size) + 0.5) * (count / size) - 0.5
    if order == 0:
        nearest: Array = values[np.floor(places + 0.5).astype(int).clip(0, count - 1)]
        return nearest.swapaxes(0, axis)
    below = np.floor(places).astype(int)
    share = (places - below).reshape(-1, *[1] * (values.ndim - 1))
    padded = np.pad(values, [(1, 1), *[(0, 0)] * (values.ndim - 1)], **around)
    between: Array = padded[below + 1] * (1 - share) + padded[(below + 2).clip(max=count + 1)] * share
    return between.swapaxes(0, axis)


def _bicubic(im: Array, size: tuple[int, int], zooms: bool) -> NDArray[np.float32]:
    planes = torch.from_numpy(np.ascontiguousarray(im, np.float32)).permute(2, 0, 1)[None]
    resized = F.interpolate(planes, size, mode="bicubic", align_corners=zooms)[0]
    resized = resized.clamp_(float(im.min()), float(im.max()))
    return np.ascontiguousarray(resized.permute(1, 2, 0).numpy())


def oversample(images: Sequence[Array], crop_dims: Sequence[int]) -> NDArray[np.float32]:
    """Cut ten crops out of each image: four corners, the centre, and their mirrored versions.

    Args:
        images: height x width x channels, all of the same size.
        crop_dims: height and width of a crop.

    Returns:
        10 crops per image, in the order of the images.
    """
    height, width = (int(d) for d in crop_dims)
    shape = images[0].shape
    corners = [(y, x) for y in (0, shape[0] - height) for x in (0, shape[1] - width)]
    corners.append((int(shape[0] / 2.0 - height / 2.0), int(shape[1] / 2.0 - width / 2.0)))
    crops = np.empty((10 * len(images), height, width, shape[-1]), np.float32)
    for index, image in enumerate(images):
        for place, (y, x) in enumerate(corners):
            crop = image[y : y + height, x : x + width]
            crops[10 * index + place] = crop
            crops[10 * index + 5 + place] = crop[:, ::-1]
    return crops


def _message(name: str) -> Any:
    return getattr(caffe_pb2, name)()


def __getattr__(name: str) -> Any:
    """Load libraries that scripts reach through Caffe's module: ``caffe.io.skimage``, ``caffe.io.zoom``."""
    if name == "skimage":
        for part in ("skimage.io", "skimage.transform"):
            importlib.import_module(part)
        return importlib.import_module("skimage")
    if name == "zoom":
        return importlib.import_module("scipy.ndimage").zoom
    raise AttributeError(f"caffe.io has no '{name}'")
