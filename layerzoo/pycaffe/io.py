"""``caffe.io``: images, arrays and messages into each other."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from torch.nn import functional as F

from layerzoo.pycaffe.proto import caffe_pb2

Array = NDArray[Any]

# Messages and arrays


def blobproto_to_array(blob: Any, return_diff: bool = False) -> Array:
    """The values of a BlobProto, in its shape, as float64.

    Args:
        return_diff: the gradients instead.

    Raises:
        ValueError: it holds another number of values than its shape says.
    """
    double = bool(blob.double_data or blob.double_diff)
    name = ("double_" if double else "") + ("diff" if return_diff else "data")
    values = np.array(getattr(blob, name), np.float64)
    if any(blob.HasField(axis) for axis in ("num", "channels", "height", "width")):
        return values.reshape(blob.num, blob.channels, blob.height, blob.width)
    return values.reshape(tuple(blob.shape.dim))


def array_to_blobproto(arr: ArrayLike, diff: ArrayLike | None = None) -> Any:
    """A BlobProto of an array, and of gradients of the same shape."""
    values = np.asarray(arr)
    blob = _message("BlobProto")
    blob.shape.dim.extend(values.shape)
    blob.data.extend(values.astype(float).ravel())
    if diff is not None:
        blob.diff.extend(np.asarray(diff).astype(float).ravel())
    return blob


def arraylist_to_blobprotovector_str(arraylist: Iterable[ArrayLike]) -> bytes:
    """Arrays as a serialised BlobProtoVector."""
    vector = _message("BlobProtoVector")
    vector.blobs.extend(array_to_blobproto(array) for array in arraylist)
    return bytes(vector.SerializeToString())


def blobprotovector_str_to_arraylist(str: bytes) -> list[Array]:  # noqa: A002 (Caffe's name for it)
    """The arrays of a serialised BlobProtoVector."""
    vector = _message("BlobProtoVector")
    vector.ParseFromString(str)
    return [blobproto_to_array(blob) for blob in vector.blobs]


def array_to_datum(arr: Array, label: int | None = None) -> Any:
    """A Datum of an array channels x height x width: uint8 as bytes, anything else as floats.

    Raises:
        ValueError: it has another number of axes.
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
    """The image of a Datum, channels x height x width; its label is ``datum.label``."""
    shape = (datum.channels, datum.height, datum.width)
    if datum.data:
        return np.frombuffer(datum.data, np.uint8).reshape(shape).copy()
    return np.array(datum.float_data, float).reshape(shape)


# Preprocessing


class Transformer:
    """Makes images fit for a net's inputs, and back.

    Args:
        inputs: shape of each input blob, by its name: ``{"data": net.blobs["data"].data.shape}``.
    """

    def __init__(self, inputs: Mapping[str, Sequence[int]]) -> None:
        self.inputs = inputs
        self.transpose: dict[str, Sequence[int]] = {}
        self.channel_swap: dict[str, Sequence[int]] = {}
        self.raw_scale: dict[str, float] = {}
        self.mean: dict[str, Array] = {}
        self.input_scale: dict[str, float] = {}

    def preprocess(self, in_: str, data: Array) -> Array:
        """An image as the input takes it: resized, transposed, channels swapped, scaled, mean taken off.

        Args:
            in_: the input's name.
            data: height x width x channels.
        """
        self._check(in_)
        # a copy: what follows works in place
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
        """What `preprocess` made, back into an image; it keeps its size."""
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
        """Set the order of axes: (2, 0, 1) brings channels to the front."""
        self._check(in_)
        if len(order) != len(self.inputs[in_]) - 1:
            raise Exception("Transpose order needs to have the same number of dimensions as the input.")
        self.transpose[in_] = order

    def set_channel_swap(self, in_: str, order: Sequence[int]) -> None:
        """Set the order of channels, which come first by then: (2, 1, 0) makes BGR of RGB."""
        self._check(in_)
        if len(order) != self.inputs[in_][1]:
            raise Exception("Channel swap needs to have the same number of dimensions as the input channels.")
        self.channel_swap[in_] = order

    def set_raw_scale(self, in_: str, scale: float) -> None:
        """Set what values are multiplied by before the mean is taken off: 255 for images of 0 to 1."""
        self._check(in_)
        self.raw_scale[in_] = scale

    def set_mean(self, in_: str, mean: Array) -> None:
        """Set what is taken off: a value for each channel, or an image channels x height x width.

        Raises:
            ValueError: it has another number of channels or axes.
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
        """Set what values are multiplied by at last, after the mean was taken off."""
        self._check(in_)
        self.input_scale[in_] = scale

    def _check(self, in_: str) -> None:
        if in_ not in self.inputs:
            raise Exception(f"{in_} is not one of the net inputs: {self.inputs}")


# Images

_LUMINANCE = np.array([[0.2125], [0.7154], [0.0721]], np.float32)
"""What red, green and blue weigh in grey: those of ITU-R BT.709, as in scikit-image."""


def load_image(filename: str, color: bool = True) -> Array:
    """An image file, values from 0 to 1, height x width x 3 (RGB), or x 1 without ``color``."""
    with Image.open(filename) as image:
        if image.mode in ("I;16", "I;16B", "I;16L", "I"):
            grey = np.asarray(image, np.float32) / 65535
            single = grey[:, :, np.newaxis]
            return np.repeat(single, 3, axis=2) if color else single
        if not color and image.mode in ("1", "L"):
            return np.asarray(image.convert("L"), np.float32)[:, :, np.newaxis] / 255
        pixels = np.asarray(image.convert("RGB"), np.float32) / 255
    return pixels if color else pixels @ _LUMINANCE


def resize_image(im: Array, new_dims: Sequence[int], interp_order: int = 1) -> NDArray[np.float32]:
    """An image of another size.

    One or three channels are resized as scikit-image does it: an image that grows fades at its edges to its
    least value. Any other number is as in SciPy's ``zoom``: the corner pixels stay where they are.

    Args:
        im: height x width x channels.
        new_dims: new height and width.
        interp_order: 0 nearest, 1 bilinear, more bicubic.
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
    """scikit-image's ``resize`` as it was when Caffe's module had it; scripts call it by this name.

    Args:
        image: of any number of axes. Whole numbers become 0 to 1, unless ``preserve_range``.
        output_shape: new size of each axis; what is missing at the end stays as it is.
        order: 0 nearest, 1 linear.
        mode: what lies around it: ``constant`` is ``cval`` everywhere; else as in ``np.pad``.

    Raises:
        ValueError: another order.
    """
    if order not in (0, 1):
        raise ValueError(f"resize: an order of {order}; 0 and 1 are there, and resize_image has more")
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
    """Values resized along an axis.

    Args:
        zooms: the outermost ones stay where they are; else the pixels as a whole cover the same ground.
        around: what lies around them, for ``np.pad``.
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
    """Ten crops of each image: four corners and centre, and their mirrored versions.

    Args:
        images: height x width x channels, all of one size.
        crop_dims: height and width of a crop.

    Returns:
        10 crops for each image, in its order.
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
    """What Caffe's module got from others, and scripts from it: ``caffe.io.skimage``, ``caffe.io.zoom``."""
    if name == "skimage":
        for part in ("skimage.io", "skimage.transform"):
            importlib.import_module(part)
        return importlib.import_module("skimage")
    if name == "zoom":
        return importlib.import_module("scipy.ndimage").zoom
    raise AttributeError(f"caffe.io has no '{name}'")
