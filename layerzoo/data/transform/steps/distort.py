"""The transform step Distort: random changes of brightness, contrast, saturation and hue."""

from __future__ import annotations

from itertools import permutations
from typing import Final, Self

import numpy as np

from layerzoo.data.colors import from_hsv, to_bytes, to_hsv
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch, of_bytes
from layerzoo.data.transform.step import ImageStep, step
from layerzoo.errors import LayerFault
from layerzoo.schema import DistortionParameter, TransformationParameter

_ORDERS: Final = tuple(permutations(range(3)))


@step
class Distort(ImageStep):
    """Change colours at random, as SSD does: each kind with a probability of its own.

    Contrast changes before saturation and hue, or after them, with equal probability.

    Args:
        param: probabilities and ranges.
    """

    fields = ("distort_param",)
    rank = 2
    random = True

    def __init__(self, param: DistortionParameter) -> None:
        self.param = param
        self.chances = {
            name: max(getattr(param, f"{name}_prob"), param.prob if on or param.all_effects else 0.0)
            for name, on in (
                ("brightness", param.brightness),
                ("contrast", param.contrast),
                ("saturation", param.saturation),
                ("hue", param.hue),
                ("random_order", param.random_order),
            )
        }

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.HasField("distort_param"):
            return None
        p = param.distort_param
        for name in ("contrast", "saturation"):
            low, high = getattr(p, f"{name}_lower"), getattr(p, f"{name}_upper")
            on = getattr(p, f"{name}_prob") > 0 or getattr(p, name) or p.all_effects
            if on and not 0 <= low <= high:
                message = f"{name}_lower is {low:g}, {name}_upper {high:g}; expected 0 <= lower <= upper"
                raise LayerFault(message, field=f"transform_param.distort_param.{name}_lower")
        for name in ("brightness_delta", "hue_delta"):
            if getattr(p, name) < 0:
                message = f"{name} is {getattr(p, name):g}; it has to be 0 or more"
                raise LayerFault(message, field=f"transform_param.distort_param.{name}")
        return cls(p)

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        p, chances, draws = self.param, self.chances, batch.draws_for("Distort", 11)
        image = of_bytes(image, "distort_param", batch.name_of(index))

        def chosen(which: int, probability: float) -> bool:
            return bool(draws.uniform(which)[index] < probability)

        def drawn(which: int, low: float, high: float) -> float:
            return float(draws.uniform(which, low, high)[index])

        if chosen(1, chances["brightness"]):
            image = to_bytes(image + np.float32(drawn(2, -p.brightness_delta, p.brightness_delta)))
        contrast = drawn(4, p.contrast_lower, p.contrast_upper) if chosen(3, chances["contrast"]) else 1.0
        contrast_first = chosen(0, 0.5)
        if contrast_first and contrast != 1:
            image = to_bytes(image * np.float32(contrast))
        if len(image) == 3:
            if chosen(5, chances["saturation"]):
                factor = drawn(6, p.saturation_lower, p.saturation_upper)
                hsv = to_hsv(image)
                hsv[1] = to_bytes(hsv[1] * np.float32(factor))
                image = from_hsv(hsv)
            if chosen(7, chances["hue"]):
                hsv = to_hsv(image)
                hsv[0] = to_bytes(hsv[0] + np.float32(drawn(8, -p.hue_delta, p.hue_delta)))
                image = from_hsv(hsv)
        if not contrast_first and contrast != 1:
            image = to_bytes(image * np.float32(contrast))
        if len(image) == 3 and chosen(9, chances["random_order"]):
            image = image[list(_ORDERS[int(draws.below(len(_ORDERS), 10)[index])])]
        return image
