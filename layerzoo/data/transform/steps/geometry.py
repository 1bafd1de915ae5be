"""The transform step Geometry: random perspective and zoom, as in DeepDetect's fork of Caffe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

import numpy as np

from layerzoo.data.image import Encoded
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.step import ImageStep, check_limits, step
from layerzoo.data.transform.steps.warp import warped
from layerzoo.data.warping import Border, Matrix, from_corners
from layerzoo.schema import TRAIN, GeometryParameter, TransformationParameter

_BORDERS: Final[dict[int, Border]] = {
    GeometryParameter.CONSTANT: "constant",
    GeometryParameter.MIRRORED: "reflect",
    GeometryParameter.REPEAT_NEAREST: "edge",
}
_FIELD = "transform_param.geometry_param"


@step
class Geometry(ImageStep):
    """Tilt and zoom each image at random, in one resampling; boxes and masks move along.

    Args:
        param: which changes are made, and how large.
        label: the label outside the image.
    """

    fields = ("geometry_param",)
    rank = 13
    random = True
    moves = True

    def __init__(self, param: GeometryParameter, label: int) -> None:
        self.param, self.label = param, label

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        label = param.fill_label
        if not param.HasField("geometry_param") or phase != TRAIN:
            return None
        p = param.geometry_param
        most = 0.49 if p.zoom_in or p.all_effects else 1.0
        check_limits(p, _FIELD, {"prob": 1, "zoom_factor": most, "persp_factor": 0.49})
        return cls(p, label)

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        assert isinstance(image, np.ndarray), "Decode must precede Geometry"
        drawn = batch.draws_for("Geometry", 8).all[index].tolist()
        if drawn[0] >= self.param.prob:
            return image
        matrix = self.matrix(drawn[1:], *image.shape[1:])
        return warped(image, matrix, index, batch, [0.0], self.label, _BORDERS[self.param.pad_mode])

    def matrix(self, drawn: Sequence[float], height: int, width: int) -> Matrix:
        """The map from the result to an image.

        Args:
            drawn: 7 random numbers, 0 to 1: zoom in rather than out, the zoom across and down, the left
                rather than the right side and how much, the lower rather than the upper side and how much.
            height, width: of the image.
        """
        p = self.param
        right, bottom = float(max(1, width - 1)), float(max(1, height - 1))
        corners = [[0.0, 0.0], [right, 0.0], [right, bottom], [0.0, bottom]]
        if p.persp_horizontal or p.all_effects:
            upper, lower = (0, 3) if drawn[3] < 0.5 else (1, 2)
            corners[upper][1] = height * p.persp_factor * drawn[4]
            corners[lower][1] = height - corners[upper][1]
        if p.persp_vertical or p.all_effects:
            first, second = (3, 2) if drawn[5] < 0.5 else (0, 1)
            corners[first][0] = width * p.persp_factor * drawn[6]
            corners[second][0] = width - corners[first][0]
        tilted = from_corners([(x, y) for x, y in corners], height, width)
        return self._zoomed(drawn, height, width) @ tilted

    def _zoomed(self, drawn: Sequence[float], height: int, width: int) -> Matrix:
        """The map from the whole image to the part that is shown."""
        p = self.param
        inwards, outwards = p.zoom_in or p.all_effects, p.zoom_out or p.all_effects
        if inwards and outwards:
            inwards = drawn[0] < 0.5
        if not inwards and not outwards:
            return np.eye(3)
        way = 1 if inwards else -1
        zoomed = np.eye(3)
        for axis, (side, part) in enumerate(((width, drawn[1]), (height, drawn[2]))):
            begin = way * side * p.zoom_factor * part
            # as in the fork, the far end is counted from the side, not from the last pixel
            zoomed[axis, axis] = (side - 2 * begin) / max(1, side - 1)
            zoomed[axis, 2] = begin
        return zoomed
