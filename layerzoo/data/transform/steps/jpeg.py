"""The transform step JPEG: compress images with random quality."""

from __future__ import annotations

from typing import Self

from layerzoo.data.filters import compress
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.step import ByteStep, check_limits, step
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TRAIN, JPEGParameter, TransformationParameter


@step
class JPEG(ByteStep):
    """Compress images as JPEG of random quality and decode them again.

    Args:
        param: the probability and the qualities.
    """

    fields = ("jpeg_param",)
    rank = 27
    random = True

    def __init__(self, param: JPEGParameter) -> None:
        self.param = param

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.HasField("jpeg_param") or phase != TRAIN:
            return None
        p = param.jpeg_param
        if not 1 <= p.min_quality <= p.max_quality <= 100:
            message = f"qualities from {p.min_quality} to {p.max_quality}; expected 1 <= min <= max <= 100"
            raise LayerFault(message, field="transform_param.jpeg_param.min_quality")
        check_limits(p, "transform_param.jpeg_param", {"prob": 1})
        return cls(p)

    def of_bytes(self, image: Image, index: int, batch: Batch) -> Image:
        draws, p, name = batch.draws_for("JPEG", 2), self.param, batch.name_of(index)
        if len(image) not in (1, 3):
            raise DataError(f"{name}: jpeg_param takes 1 or 3 channels; the image has {len(image)}")
        if draws.uniform(0)[index] >= p.prob:
            return image
        quality = p.min_quality + int(draws.below(p.max_quality - p.min_quality + 1, 1)[index])
        return compress(image, quality, name)[: len(image)]
