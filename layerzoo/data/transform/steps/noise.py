"""The transform step Noise: filters and distortions of ``noise_param``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Self

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

_FUNCTIONS: Final[dict[str, Callable[[Image], Image]]] = {
    "gauss_blur": filters.blur,
    "hist_eq": filters.equalize,
    "clahe": filters.equalize_locally,
    "erode": filters.erode,
    "posterize": filters.posterize,
    "inverse": lambda image: 255 - image,
}
"""Filters of whole images, in SSD's order."""
_LATE: Final = ("erode", "posterize", "inverse")
"""Those that follow the compression."""
_FILTERS: Final = ("decolorize", *_FUNCTIONS, "convert_to_hsv", "convert_to_lab")


@step
class Noise(ImageStep):
    """Apply every filter that ``noise_param`` names to every image, in SSD's order.

    With ``all_effects`` (DeepDetect's fork) each is applied with probability ``prob``.

    Args:
        param: the filters.
    """

    fields = ("noise_param",)
    rank = 20

    def __init__(self, param: NoiseParameter) -> None:
        self.param = param
        self.sprinkles = bool(param.saltpepper and param.saltpepper_param.fraction)
        self.drawn = param.HasField("all_effects")
        self.random = self.sprinkles or self.drawn
        self.filters = [
            name
            for name in _FILTERS
            if getattr(param, name) or (param.all_effects and name != "convert_to_lab")
        ]
        if param.jpeg > 0:
            self.filters.append("jpeg")
        if self.sprinkles:
            self.filters.append("saltpepper")

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
        chosen = set(self.filters)
        if self.drawn:
            draws = batch.draws_for("Noise", len(_FILTERS) + 2)
            chosen = {each for i, each in enumerate(self.filters) if draws.uniform(i)[index] < p.prob}
        for kind in ("hsv", "lab"):
            if f"convert_to_{kind}" in chosen and len(image) != 3:
                raise DataError(f"{name}: convert_to_{kind} needs 3 channels; the image has {len(image)}")
        if "decolorize" in chosen:
            image = np.repeat(colors.gray(image), len(image), 0)
        for each, function in _FUNCTIONS.items():
            if each in chosen and each not in _LATE:
                image = function(image)
        if "jpeg" in chosen:
            image = filters.compress(image, int(p.jpeg), name)
        for each in _LATE:
            if each in chosen:
                image = _FUNCTIONS[each](image)
        if "saltpepper" in chosen:
            image = self._sprinkled(image, index, batch)
        if "convert_to_hsv" in chosen:
            image = colors.to_hsv(image)
        return colors.to_lab(image) if "convert_to_lab" in chosen else image

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
