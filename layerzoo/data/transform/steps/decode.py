"""The transform step Decode: decode images, in colour or grey."""

from __future__ import annotations

from typing import Self

import numpy as np

from layerzoo.data.image import Encoded
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.data.transform.step import ImageStep, step
from layerzoo.errors import LayerFault
from layerzoo.image_file import decode
from layerzoo.schema import TransformationParameter


@step
class Decode(ImageStep):
    """Decode JPEG, PNG and other formats; decoded images are unchanged.

    Args:
        color: True gives 3 channels, False 1, None as many as each image has.
    """

    fields = ("force_color", "force_gray")

    def __init__(self, color: bool | None = None) -> None:
        self.color = color

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self:
        if param.force_color and param.force_gray:
            field = "transform_param.force_gray"
            raise LayerFault("force_color and force_gray exclude each other", field=field, hint="give one")
        return cls(True if param.force_color else False if param.force_gray else None)

    def accepted_shape(self, shape: Shape3) -> Shape3:
        channels, height, width = shape
        return (channels if self.color is None else 3 if self.color else 1, height, width)

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        return decode(image.data, self.color, batch.name_of(index)) if isinstance(image, Encoded) else image

    def __call__(self, batch: Batch) -> None:
        if not isinstance(batch.images, np.ndarray):
            super().__call__(batch)
