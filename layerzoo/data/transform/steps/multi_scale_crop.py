"""The transform step MultiScaleCrop: crops of random size, or at fixed places."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Self

import numpy as np

from layerzoo.data.interpolation import interpolate
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.data.transform.step import Step, step
from layerzoo.errors import LayerFault
from layerzoo.schema import TRAIN, TransformationParameter

_RATIOS = (1.0, 0.875, 0.75, 0.66)
_CORNERS = ((0, 0), (0, 4), (4, 0), (4, 4), (2, 2))
_MORE = ((0, 2), (4, 2), (2, 0), (2, 4), (1, 1), (1, 3), (3, 1), (3, 3))
"""Offsets in quarters of the spare rows and columns."""


@step
class MultiScaleCrop(Step):
    """Crop each image of TRAIN to a random size, at a random or one of a few places, and resize it.

    Source: the data transformer of yjxiong/caffe (temporal segment networks; Wang et al. 2016).

    Args:
        size: side of the result in pixels.
        ratios: sides of crops over the smaller side of an image; empty crops to the result's size.
        max_distort: how many places apart in ``ratios`` height and width may be.
        places: offsets in quarters of the spare rows and columns; empty draws any.
    """

    fields = ("multi_scale", "scale_ratios", "max_distort", "fix_crop", "more_fix_crop")
    rank = 18
    random = True
    moves = True

    def __init__(
        self, size: int, ratios: Sequence[float], max_distort: int, places: Sequence[tuple[int, int]]
    ) -> None:
        self.size, self.ratios, self.max_distort, self.places = size, ratios, max_distort, places

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        given, most, more = tuple(param.scale_ratios), param.max_distort, param.more_fix_crop
        places = (_CORNERS + (_MORE if more else ())) if param.fix_crop else ()
        ratios = (given or _RATIOS) if param.multi_scale else ()
        if ratios:
            bad = next((ratio for ratio in ratios if not 0 < ratio <= 1), None)
            if bad is not None:
                message = f"scale ratio {bad:g}; expected more than 0, at most 1"
                raise LayerFault(message, field="transform_param.scale_ratios")
            if not param.crop_size:
                raise LayerFault("multi_scale needs crop_size", field="transform_param.multi_scale")
            if most < 0:
                raise LayerFault(f"max_distort {most} is below 0", field="transform_param.max_distort")
        if phase != TRAIN or not param.crop_size or not (ratios or places):
            return None
        return cls(param.crop_size, ratios, most, places)

    def top_shape(self, shape: Shape3) -> Shape3:
        if min(shape[1:]) < self.size:
            message = f"crop_size {self.size} exceeds images of {shape[1]} x {shape[2]} pixels"
            raise LayerFault(message, field="transform_param.crop_size", hint="resize the images")
        return (shape[0], self.size, self.size)

    def accepted_shape(self, shape: Shape3) -> Shape3:
        return (shape[0], max(shape[1], self.size), max(shape[2], self.size))

    def __call__(self, batch: Batch) -> None:
        draws = batch.draws_for("multi_scale_crop", 3)
        cropped = []
        for index, image in enumerate(batch.pixels):
            sizes = self.sizes(image.shape[1:])
            height, width = sizes[int(draws.below(len(sizes), 0)[index])]
            spare = image.shape[1] - height, image.shape[2] - width
            if self.places:
                place = self.places[int(draws.below(len(self.places), 1)[index])]
                row, column = (quarters * (rest // 4) for quarters, rest in zip(place, spare, strict=True))
            else:
                row, column = (int(draws.below(rest + 1, 1 + axis)[index]) for axis, rest in enumerate(spare))
            cropped.append(self._resized(image[:, row : row + height, column : column + width]))
        batch.images = np.stack(cropped)

    def sizes(self, image: Sequence[int]) -> list[tuple[int, int]]:
        """Heights and widths of the crops of an image with a height and a width."""
        if not self.ratios:
            return [(self.size, self.size)]
        sides = [int(np.float32(min(image)) * np.float32(ratio)) for ratio in self.ratios]
        sides = [max(1, self.size if abs(side - self.size) < 3 else side) for side in sides]
        sides = [min(side, *image) for side in sides]
        pairs = product(enumerate(sides), repeat=2)
        return [(high, wide) for (i, high), (j, wide) in pairs if abs(i - j) <= self.max_distort]

    def _resized(self, image: Image) -> Image:
        """The image in the result's size, channel by channel: a clip has more channels than resizers take."""
        return np.concatenate([interpolate(plane[None], self.size, self.size) for plane in image])
