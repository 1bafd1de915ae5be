"""The transform step Warp: random rotation, translation, zoom, shear and perspective."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Final, Self

import numpy as np

from layerzoo.data.device_filters import warp_all
from layerzoo.data.draws import Draws
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.device_batch import DeviceBatch
from layerzoo.data.transform.step import ImageStep, check_limits, step
from layerzoo.data.transform.steps.mean import fill_of
from layerzoo.data.warping import Border, Matrix, about_centre, affine, from_corners, warp
from layerzoo.errors import LayerFault
from layerzoo.schema import TRAIN, ResizeParameter, TransformationParameter, WarpParameter

_BORDERS: Final[dict[int, Border]] = {
    ResizeParameter.CONSTANT: "constant",
    ResizeParameter.MIRRORED: "reflect",
    ResizeParameter.REPEAT_NEAREST: "edge",
}


@step
class Warp(ImageStep):
    """Rotate, move, zoom, shear and tilt each image at random, in one resampling.

    Boxes and masks move along: boxes become the upright boxes around their moved corners, clipped to the
    image; masks take the nearest pixel.

    Args:
        param: the ranges.
        fill: values outside the image: one, or one for each channel.
        label: the label outside the image.
    """

    fields = ("warp_param",)
    rank = 14
    random = True
    moves = True
    on_devices = True

    def __init__(self, param: WarpParameter, fill: Sequence[float], label: int) -> None:
        self.param, self.fill, self.label = param, list(fill), label
        self.border = _BORDERS[param.border]

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        label, _ = param.fill_label, param.fill_value
        if not param.HasField("warp_param") or phase != TRAIN:
            return None
        p, path = param.warp_param, "transform_param.warp_param"
        if not 0 < p.min_zoom <= p.max_zoom <= 100:
            message = f"zooms from {p.min_zoom:g} to {p.max_zoom:g}; expected 0 < min_zoom <= max_zoom <= 100"
            raise LayerFault(message, field=f"{path}.min_zoom")
        limits = {
            "prob": 1.0,
            "max_rotation": 180.0,
            "max_translation": 1.0,
            "max_shear": 80.0,
            "max_perspective": 0.95,
        }
        check_limits(p, path, limits)
        return cls(p, fill_of(param, phase), label)

    def matrices(self, draws: Draws, sizes: Sequence[tuple[int, int]]) -> list[Matrix | None]:
        """The map of each image from the result to it; None for one that is unchanged.

        Args:
            draws: 15 random numbers for each image.
            sizes: height and width of each.
        """
        return [self._matrix(drawn, *size) for drawn, size in zip(draws.all.tolist(), sizes, strict=True)]

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        assert isinstance(image, np.ndarray), "Decode must precede Warp"
        _, height, width = image.shape
        drawn = batch.draws_for("Warp", 15).all[index].tolist()
        matrix = self._matrix(drawn, height, width)
        if matrix is None:
            return image
        return warped(image, matrix, index, batch, self.fill, self.label, self.border)

    def run_on_device(self, batch: DeviceBatch) -> None:
        """Warp all images of a batch at once."""
        height, width = batch.images.shape[2:]
        per_image = self.matrices(batch.draws_for("Warp", 15), [(height, width)] * len(batch.images))
        matrices = np.stack([np.eye(3) if matrix is None else matrix for matrix in per_image])
        batch.images = warp_all(batch.images, matrices, self.fill, self.border)

    def _matrix(self, drawn: Sequence[float], height: int, width: int) -> Matrix | None:
        p = self.param
        if drawn[0] >= p.prob:
            return None

        def around(which: int, most: float) -> float:
            return (2 * drawn[which] - 1) * most

        low, high = log(p.min_zoom), log(p.max_zoom)
        moved = around(2, p.max_translation) * width, around(3, p.max_translation) * height
        sheared = around(5, p.max_shear), around(6, p.max_shear)
        about_origin = affine(around(1, p.max_rotation), moved, exp(low + drawn[4] * (high - low)), sheared)
        matrix = about_centre(about_origin, height, width)
        if p.max_perspective:
            inwards = [part * p.max_perspective / 2 for part in drawn[7:]]
            right, bottom = max(1, width - 1), max(1, height - 1)
            ends = ((0, 1, 0, 1), (1, -1, 0, 1), (1, -1, 1, -1), (0, 1, 1, -1))
            corners = [
                ((x + way * inwards[2 * i]) * right, (y + down * inwards[2 * i + 1]) * bottom)
                for i, (x, way, y, down) in enumerate(ends)
            ]
            matrix = from_corners(corners, height, width) @ matrix
        return matrix


def warped(
    image: Image,
    matrix: Matrix,
    index: int,
    batch: Batch,
    fill: Sequence[float],
    label: int,
    border: Border = "constant",
) -> Image:
    """Warp an image of a batch; its boxes and its mask move along."""
    if len(fill) not in (1, len(image)):
        message = f"{len(fill)} values of fill_value or of the mean for {len(image)} channels"
        raise LayerFault(message, field="transform_param.fill_value", hint=f"give 1 or {len(image)}")
    if batch.boxes is not None:
        batch.boxes[index].warp(matrix, *image.shape[1:])
    if batch.masks is not None:
        batch.masks[index] = warp(batch.masks[index], matrix, None, [label], border, nearest=True)
    return warp(image, matrix, None, fill, border)
