"""Preprocess images for a net, with the same pipeline that its data layer used in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from layerzoo.data import DataLayer
from layerzoo.data.dataset import NamedSet
from layerzoo.data.image import Encoded
from layerzoo.data.mean import read_mean
from layerzoo.data.samples import Floats, Image
from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.transform.steps.channel_order import ChannelOrder
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data.transform.steps.resize import Resize
from layerzoo.data.transform.steps.scale import Scale
from layerzoo.errors import LayerFault, ZooError
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS
from layerzoo.schema import TEST, TransformationParameter

Order = Literal["BGR", "RGB", "GREY"]

_MAX_SIDE: Final = 1 << 14
_MAX_VALUE: Final = float(np.finfo(np.float32).max)
_KEYS: Final = frozenset(
    {"channels", "order", "size", "value_scale", "crop_size", "mean_value", "mean_file", "scale"}
)


@dataclass(frozen=True)
class Preprocessing:
    """Preprocessing of images: decode, resize, multiply by ``value_scale``, then Caffe's transform.

    Attributes:
        channels: 1 for grey, 3 for colour.
        order: order of the channels.
        size: height and width of the resized image, before the crop.
        value_scale: factor on pixel values (0 to 255) before the transform.
        crop_size: side of the centre crop; 0 for none.
        mean_value: mean to subtract, one value or one per channel.
        mean_file: file of the mean image to subtract, in the entry's folder.
        scale: factor on the result.
    """

    channels: int
    order: Order
    size: tuple[int, int]
    value_scale: float = 1.0
    crop_size: int = 0
    mean_value: tuple[float, ...] = ()
    mean_file: str = ""
    scale: float = 1.0
    folder: Path | None = field(default=None, compare=False)

    @classmethod
    def parse(cls, found: Mapping[str, Any], folder: Path | None = None) -> Preprocessing:
        """Parse the preprocessing of a manifest.

        Args:
            found: field ``preprocessing`` of the manifest.
            folder: folder of ``mean_file``.

        Raises:
            ZooError: it is invalid.
        """
        try:
            if unknown := found.keys() - _KEYS:
                raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
            height, width = (int(side) for side in found["size"])
            made = cls(
                channels=int(found["channels"]),
                order=found["order"],
                size=(height, width),
                value_scale=float(found.get("value_scale", 1.0)),
                crop_size=int(found.get("crop_size", 0)),
                mean_value=tuple(float(v) for v in found.get("mean_value", ())),
                mean_file=str(found.get("mean_file", "")),
                scale=float(found.get("scale", 1.0)),
                folder=folder,
            )
            made._check()
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ZooError(f"the entry's preprocessing can't be used: {error}") from None
        return made

    def _check(self) -> None:
        if not all(1 <= side <= _MAX_SIDE for side in (*self.size, self.crop_size or 1)):
            raise ValueError(
                f"size {self.size}, crop {self.crop_size}; at most {_MAX_SIDE} pixels per side are allowed"
            )
        if (self.channels, self.order) not in {(1, "GREY"), (3, "BGR"), (3, "RGB")}:
            raise ValueError(f"invalid channel order {self.order} for {self.channels} channels")
        if len(self.mean_value) not in {0, 1, self.channels}:
            raise ValueError(f"{len(self.mean_value)} values of mean_value for {self.channels} channels")
        if not all(abs(v) <= _MAX_VALUE for v in (self.value_scale, self.scale, *self.mean_value)):
            raise ValueError("value_scale, scale and mean_value have to be finite in single precision")
        if self.mean_file and (
            Path(self.mean_file).name != self.mean_file or not self.mean_file.isprintable()
        ):
            raise ValueError(f"mean_file '{self.mean_file}' is not in the entry's folder")

    def facts(self) -> dict[str, Any]:
        """The fields for a manifest, without defaults."""
        facts = {key: getattr(self, key) for key in ("channels", "order", "size")}
        for key in ("value_scale", "crop_size", "mean_value", "mean_file", "scale"):
            value = getattr(self, key)
            if value != type(self).__dataclass_fields__[key].default:
                facts[key] = value
        return {key: list(value) if isinstance(value, tuple) else value for key, value in facts.items()}

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of a preprocessed image: channels, height, width."""
        height, width = (self.crop_size, self.crop_size) if self.crop_size else self.size
        return (self.channels, height, width)

    def image(self, image: bytes | Image, name: str) -> Image:
        """Decode (if it is bytes) and resize an image: channels x height x width, BGR.

        Raises:
            DataError: it is not an image.
            ZooError: the mean file is missing.
        """
        return self._pipeline.image(Encoded(image) if isinstance(image, bytes) else image, name)

    def __call__(self, images: Sequence[Image]) -> Floats:
        """Convert images from `image` to a batch for the net."""
        return self._pipeline(np.stack(images), np.arange(len(images)))

    def pixels(self, blob: Floats) -> NDArray[np.uint8]:
        """Images of blobs as the net takes them: count x height x width x channels, RGB if there are three.

        The inverse of the transform, without decoding and resizing; values outside of the range are clipped.

        Args:
            blob: count x channels x height x width.

        Raises:
            ZooError: the mean file is missing, or of another size.
        """
        mean: NDArray[Any] = np.array(self.mean_value or (0.0,)).reshape(-1, 1, 1)
        if self.mean_file:
            image = read_mean(str((self.folder or Path()) / self.mean_file))
            top, left = ((image.shape[axis + 1] - blob.shape[axis + 2]) // 2 for axis in (0, 1))
            mean = image[:, top : top + blob.shape[2], left : left + blob.shape[3]]
        try:
            values = (blob.astype(np.float64) / (self.scale or 1) + mean) / (self.value_scale or 1)
        except ValueError as error:
            raise ZooError(f"images of shape {blob.shape[1:]} don't fit the mean: {error}") from None
        found = np.clip(np.rint(values), 0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
        order = slice(None, None, -1) if self.order == "BGR" else slice(None)
        images: NDArray[np.uint8] = found[..., order]
        return images

    @cached_property
    def _pipeline(self) -> Pipeline:
        param = TransformationParameter(
            crop_size=self.crop_size, mean_value=self.mean_value, scale=self.scale
        )
        if self.mean_file:
            param.mean_file = str((self.folder or Path()) / self.mean_file)
        try:
            steps = transform_steps(param, TEST)
        except LayerFault as fault:
            raise ZooError(f"the entry's preprocessing can't be used: {fault.message}") from None
        return Pipeline(
            Decode(self.channels == 3),
            Resize(*self.size),
            ChannelOrder((2, 1, 0)) if self.order == "RGB" else None,
            Scale(self.value_scale) if self.value_scale != 1 else None,
            *steps,
        )


def preprocessing_of(graph: Graph) -> tuple[Preprocessing, Floats | None] | None:
    """Preprocessing and mean image of a TEST net's data layer; None if it doesn't read images."""
    for layer in graph.layers:
        if _reads_images(layer):
            try:
                return _of_layer(layer)
            except LayerFault:
                return None
    return None


def image_preprocessing(graph: Graph) -> Preprocessing | None:
    """Preprocessing of images for a TEST net that is used where it is; None if it doesn't read images.

    Unlike that of an entry, it takes the mean image from the file that the config names.
    """
    found = preprocessing_of(graph)
    if found is None:
        return None
    made, mean = found
    files = (layer.param.transform_param.mean_file for layer in graph.layers if _reads_images(layer))
    file = Path(next(files, ""))
    return made if mean is None else replace(made, mean_file=file.name, folder=file.parent)


def named_set(layer: GraphLayer) -> type[NamedSet] | None:
    """The named data set of a data layer, if any."""
    kind = LAYERS[layer.kind.type_name]
    return kind.named_set(layer.param) if issubclass(kind, DataLayer) else None


def _reads_images(layer: GraphLayer) -> bool:
    return LAYERS[layer.kind.type_name].reads_images


def _of_layer(layer: GraphLayer) -> tuple[Preprocessing, Floats | None] | None:
    param, transform = layer.param, layer.param.transform_param
    whole = type(param)()
    whole.CopyFrom(param)
    for name in ("crop_size", "mean_file", "mean_value"):
        whole.transform_param.ClearField(name)
    shape = tuple(layer.kind.top_shapes(whole, [])[0])
    if len(shape) != 4 or shape[1] not in {1, 3}:
        return None
    mean = read_mean(transform.mean_file) if transform.HasField("mean_file") else None
    value_scale = 1.0 if named_set(layer) is None else 1 / 255  # named sets are served between 0 and 1
    made = Preprocessing(
        channels=shape[1],
        order="BGR" if shape[1] == 3 else "GREY",
        size=(shape[2], shape[3]),
        value_scale=value_scale,
        crop_size=transform.crop_size,
        mean_value=tuple(transform.mean_value),
        mean_file="mean.npy" if mean is not None else "",
        scale=transform.scale,
    )
    return made, mean
