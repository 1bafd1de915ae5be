"""MemoryData: arrays that a program sets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerzoo.data.data_layer import DataLayer, Reading, positive
from layerzoo.data.samples import Array, ArraySamples, Samples
from layerzoo.errors import DataError
from layerzoo.layer import Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class MemoryData(DataLayer):
    """Images and labels from arrays in memory, see `set_input_arrays`; they come as they are.

    Shapes: tops (batch_size, channels, height, width) and the labels (batch_size). Source: Caffe's
    ``memory_data_layer``.
    """

    family = "data"
    example = "batch_size: 16 channels: 3 height: 32 width: 32"
    tops = exactly(2)
    dealt = False
    messages = ("memory_data_param", "transform_param", "data_param")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        return Reading(positive(param.memory_data_param.batch_size, "memory_data_param.batch_size"), 0)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.memory_data_param
        axes = [positive(getattr(p, axis), f"memory_data_param.{axis}") for axis in _AXES]
        size = cls.reading(param).batch_size
        return [(size, *axes), (size,)]

    def set_input_arrays(self, data: Array, labels: Array) -> None:
        """Serve these arrays from the next batch on, again and again from their start.

        Args:
            data: count x channels x height x width; ``count`` a multiple of ``batch_size``.
            labels: one for each, of shape count or count x 1 x 1 x 1.

        Raises:
            DataError: the shapes don't fit.
        """
        p = self.param.memory_data_param
        images, values = np.asarray(data, np.float32), np.asarray(labels, np.float32)
        expected = tuple(getattr(p, axis) for axis in _AXES)
        if images.shape[1:] != expected or not len(images) or len(images) % p.batch_size:
            raise DataError(
                f"layer '{self.name}': data of shape {images.shape}; expected a multiple of {p.batch_size} "
                f"images of {' x '.join(map(str, expected))} (channels x height x width)"
            )
        if values.size != len(images):
            raise DataError(f"layer '{self.name}': {values.size} labels for {len(images)} images")
        self.close()
        self.source = ArraySamples(images, values.reshape(-1))
        self.first_batch = self.clock.batch

    def samples(self) -> Samples:
        raise DataError(f"layer '{self.name}' (MemoryData) has no data; call its set_input_arrays first")

    @property
    def epoch_size(self) -> int:
        """Images that are set; 0 before any are."""
        return len(self.source) if "source" in self.__dict__ else 0


_AXES = ("channels", "height", "width")
