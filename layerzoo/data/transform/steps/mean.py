"""The transform step Mean: subtract a mean image or a mean per channel."""

from __future__ import annotations

from typing import Self

import numpy as np

from layerzoo.data.mean import read_mean
from layerzoo.data.samples import Floats
from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.data.transform.device_batch import DeviceBatch
from layerzoo.data.transform.step import Step, step
from layerzoo.errors import LayerFault
from layerzoo.schema import TransformationParameter


@step
class Mean(Step):
    """Subtract a mean image, of the size of the images before the crop, or a value per channel.

    Args:
        mean: channels x height x width; channels x 1 x 1 or 1 x 1 x 1 for values per channel.
        field: the field of ``transform_param`` that gives the mean, for error messages.
    """

    fields = ("mean_file", "mean_value")
    rank = 30
    on_devices = True

    def __init__(self, mean: Floats, field: str = "mean_file") -> None:
        self.mean, self.field = mean, f"transform_param.{field}"

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if param.HasField("mean_file"):
            if param.mean_value:
                field = "transform_param.mean_value"
                raise LayerFault("mean_file and mean_value exclude each other", field=field, hint="give one")
            return cls(_mean_of(param.mean_file))
        if param.mean_value:
            return cls(np.array(param.mean_value, np.float32)[:, None, None], "mean_value")
        return None

    @property
    def is_image(self) -> bool:
        """Whether the mean has a value per pixel."""
        return self.mean.shape[1:] != (1, 1)

    def centre(self, size: int) -> Mean:
        """The mean of the central square of the images, at WindowData's offset (from the width alone).

        Raises:
            LayerFault: the mean image is smaller than the square.
        """
        if not self.is_image:
            return self
        offset = (self.mean.shape[2] - size) // 2
        middle = self.mean[:, offset : offset + size, offset : offset + size]
        if offset < 0 or middle.shape[1:] != (size, size):
            windows = f"{len(self.mean)} x {size} x {size} (channels x height x width)"
            message = f"the mean has shape {_size(self.mean.shape)}, the windows {windows}"
            raise LayerFault(message, field=self.field, hint="it must be at least as large as the windows")
        return Mean(middle, self.field.rpartition(".")[2])

    def top_shape(self, shape: Shape3) -> Shape3:
        channels = len(self.mean)
        if self.is_image and self.mean.shape != tuple(shape):
            message = (
                f"the mean has shape {_size(self.mean.shape)}, the images {_size(shape)} "
                "(channels x height x width)"
            )
            hint = "the mean must have the size of the images before the crop"
            raise LayerFault(message, field=self.field, hint=hint)
        if channels not in (1, shape[0]):
            message = f"{channels} values of {self.field.rpartition('.')[2]} for {shape[0]} channels"
            raise LayerFault(message, field=self.field, hint=f"give 1 or {shape[0]}")
        return shape

    def accepted_shape(self, shape: Shape3) -> Shape3:
        if self.is_image:
            channels, height, width = self.mean.shape
            return channels, height, width
        return (max(shape[0], len(self.mean)), *shape[1:])

    def __call__(self, batch: Batch) -> None:
        batch.subtract(self.mean)

    def run_on_device(self, batch: DeviceBatch) -> None:
        """Subtract the mean from all images of a batch."""
        batch.images = batch.images.float() - batch.here(self.mean)


def fill_of(param: TransformationParameter, phase: int) -> list[float]:
    """Values of pixels that a step adds: ``fill_value``, or the mean of each channel, or 0."""
    if param.fill_value:
        return list(param.fill_value)
    mean = Mean.of(param, phase)
    return [0.0] if mean is None else [float(value) for value in mean.mean.mean((1, 2))]


def _mean_of(path: str) -> Floats:
    try:
        return read_mean(path)
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "write one with compute_image_mean"
        message = f"mean file '{path}' can't be read: {reason}"
        raise LayerFault(message, field="transform_param.mean_file", hint=hint) from None


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
