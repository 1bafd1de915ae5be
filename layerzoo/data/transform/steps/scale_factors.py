"""The transform step ScaleFactors: resize images and label images by a random factor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from layerzoo.data.image import Encoded
from layerzoo.data.interpolation import interpolate
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.step import ImageStep, step
from layerzoo.errors import LayerFault
from layerzoo.schema import TransformationParameter


@step
class ScaleFactors(ImageStep):
    """Resize each image by one of several factors; its labels by the nearest pixel.

    Args:
        factors: of height and width.
    """

    fields = ("scale_factors",)
    rank = 25
    moves = True

    def __init__(self, factors: Sequence[float]) -> None:
        self.factors = list(factors)
        self.random = len(self.factors) > 1

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.scale_factors:
            return None
        for factor in param.scale_factors:
            if not 0 < factor <= 100:
                message = f"scale_factors has {factor:g}; a factor has to be above 0 and at most 100"
                raise LayerFault(message, field="transform_param.scale_factors")
        return cls(param.scale_factors)

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        assert isinstance(image, np.ndarray), "Decode must precede ScaleFactors"
        which = int(batch.draws_for("ScaleFactors", 1).below(len(self.factors), 0)[index])
        factor = np.float32(self.factors[which])
        height, width = (max(1, int(np.float32(side) * factor)) for side in image.shape[1:])
        if batch.masks is not None:
            batch.masks[index] = interpolate(batch.masks[index], height, width, "NEAREST")
        return interpolate(image, height, width)
