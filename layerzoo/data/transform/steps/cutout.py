"""The transform step Cutout: cover random rectangles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from layerzoo.data.draws import Draws
from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.data.transform.device_batch import DeviceBatch
from layerzoo.data.transform.step import Step, check_limits, step
from layerzoo.data.transform.steps.mean import Mean, fill_of
from layerzoo.errors import LayerFault
from layerzoo.schema import TRAIN, CutoutParameter, TransformationParameter


@step
class Cutout(Step):
    """Cover random rectangles of each image, which may reach beyond its edges.

    Source: DeVries and Taylor 2017, arXiv 1708.04552; Zhong et al. 2020, arXiv 1708.04896.

    Args:
        param: number and sizes.
        fill: the value after the mean is subtracted: one, or one for each channel.
    """

    fields = ("cutout_param",)
    rank = 60
    random = True
    on_devices = True

    def __init__(self, param: CutoutParameter, fill: Sequence[float]) -> None:
        self.param = param
        self.fill = np.array(fill, np.float32)

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.HasField("cutout_param") or phase != TRAIN:
            return None
        p, path = param.cutout_param, "transform_param.cutout_param"
        if not 0 < p.min_side <= p.max_side <= 1:
            message = f"sides from {p.min_side:g} to {p.max_side:g}; expected 0 < min_side <= max_side <= 1"
            raise LayerFault(message, field=f"{path}.min_side")
        if not 1 <= p.count <= 100:
            raise LayerFault(f"count is {p.count}; it has to be 1 to 100", field=f"{path}.count")
        check_limits(p, path, {"prob": 1})
        mean = Mean.of(param, phase)
        fill = np.array(fill_of(param, phase))
        return cls(p, np.atleast_1d(fill - (0 if mean is None else mean.mean.mean((1, 2)))).tolist())

    def top_shape(self, shape: Shape3) -> Shape3:
        if len(self.fill) not in (1, shape[0]):
            message = f"{len(self.fill)} values of fill_value for {shape[0]} channels"
            raise LayerFault(message, field="transform_param.fill_value", hint=f"give 1 or {shape[0]}")
        return shape

    def rectangles(self, draws: Draws, height: int, width: int) -> list[list[tuple[slice, slice]]]:
        """The rows and columns of each rectangle of each image."""
        p, per_image = self.param, []
        for chance, *drawn in draws.all.tolist():
            chosen = []
            for place in range(0, len(drawn) if chance < p.prob else 0, 4):
                tall, wide = (
                    max(1, round(side * (p.min_side + part * (p.max_side - p.min_side))))
                    for side, part in zip((height, width), drawn[place : place + 2], strict=True)
                )
                row = int(drawn[place + 2] * height) - tall // 2
                column = int(drawn[place + 3] * width) - wide // 2
                chosen.append(
                    (slice(max(0, row), max(0, row + tall)), slice(max(0, column), max(0, column + wide)))
                )
            per_image.append(chosen)
        return per_image

    def __call__(self, batch: Batch) -> None:
        blob = batch.blob()
        drawn = self.rectangles(batch.draws_for("Cutout", 1 + 4 * self.param.count), *blob.shape[2:])
        for image, chosen in zip(blob, drawn, strict=True):
            for rows, columns in chosen:
                image[:, rows, columns] = self.fill[:, None, None]

    def run_on_device(self, batch: DeviceBatch) -> None:
        """Cover rectangles of all images of a batch at once."""
        count, _, height, width = batch.images.shape
        drawn = self.rectangles(batch.draws_for("Cutout", 1 + 4 * self.param.count), height, width)
        covered = np.zeros((count, 1, height, width), bool)
        for plane, chosen in zip(covered, drawn, strict=True):
            for rows, columns in chosen:
                plane[:, rows, columns] = True
        images = batch.images.float()
        batch.images = batch.here(self.fill).view(1, -1, 1, 1).where(batch.here(covered), images)
