"""The transform step Noise: filters and distortions of ``noise_param``."""

from __future__ import annotations

from typing import Self

import numpy as np

from layerzoo.data import colors, filters
from layerzoo.data.draws import Draws
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch, of_bytes
from layerzoo.data.transform.step import ImageStep, step
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import NoiseParameter, TransformationParameter
from layerzoo.seeds import stable_seed


@step
class Noise(ImageStep):
    """Apply every filter that ``noise_param`` names to every image, in SSD's order.

    Args:
        param: the filters.
    """

    fields = ("noise_param",)
    rank = 20

    def __init__(self, param: NoiseParameter) -> None:
        self.param = param
        self.random = bool(param.saltpepper and param.saltpepper_param.fraction)

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.HasField("noise_param"):
            return None
        p = param.noise_param
        if p.saltpepper and not p.saltpepper_param.value:
            field = "transform_param.noise_param.saltpepper_param"
            raise LayerFault("saltpepper without values", field=field, hint="give saltpepper_param.value")
        if not 0 <= p.saltpepper_param.fraction <= 1:
            message = f"fraction is {p.saltpepper_param.fraction:g}; it has to be between 0 and 1"
            raise LayerFault(message, field="transform_param.noise_param.saltpepper_param.fraction")
        if p.jpeg > 100:
            message = f"jpeg is {p.jpeg:g}; a quality is 1 to 100"
            raise LayerFault(message, field="transform_param.noise_param.jpeg")
        return cls(p)

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        p, name = self.param, batch.name_of(index)
        image = of_bytes(image, "noise_param", name)
        if (p.convert_to_hsv or p.convert_to_lab) and len(image) != 3:
            kind = "hsv" if p.convert_to_hsv else "lab"
            raise DataError(f"{name}: convert_to_{kind} needs 3 channels; the image has {len(image)}")
        if p.decolorize:
            image = np.repeat(colors.gray(image), len(image), 0)
        if p.gauss_blur:
            image = filters.blur(image)
        if p.hist_eq:
            image = filters.equalize(image)
        if p.clahe:
            image = filters.equalize_locally(image)
        if p.jpeg > 0:
            image = filters.compress(image, int(p.jpeg), name)
        if p.erode:
            image = filters.erode(image)
        if p.posterize:
            image = filters.posterize(image)
        if p.inverse:
            image = 255 - image
        if self.random:
            image = self._sprinkled(image, index, batch)
        if p.convert_to_hsv:
            image = colors.to_hsv(image)
        return colors.to_lab(image) if p.convert_to_lab else image

    def _sprinkled(self, image: Image, index: int, batch: Batch) -> Image:
        values = list(self.param.saltpepper_param.value)
        if len(values) not in (1, len(image)):
            message = f"{len(values)} values of saltpepper_param for {len(image)} channels"
            raise DataError(f"{batch.name_of(index)}: {message}; give 1 or {len(image)}")
        _, height, width = image.shape
        count = int(np.float32(self.param.saltpepper_param.fraction) * width * height)
        numbers = np.arange(count)
        # a stream of its own for each image, with two numbers for each pixel
        draws = Draws(stable_seed(batch.key, "Noise", int(batch.numbers[index])), numbers, 2)
        sprinkled = image.copy()
        sprinkled[:, draws.below(height, 1), draws.below(width, 0)] = np.array(values, np.uint8)[:, None]
        return sprinkled
