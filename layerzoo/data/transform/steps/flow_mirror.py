"""The transform step FlowMirror: mirrored optical flow."""

from __future__ import annotations

from typing import Self

import numpy as np

from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.step import Step, step
from layerzoo.schema import TransformationParameter


@step
class FlowMirror(Step):
    """Invert the x component, every other channel, of each optical flow that Mirror mirrors: 255 - x.

    Source: the data transformer of yjxiong/caffe (temporal segment networks).
    """

    fields = ("is_flow",)
    rank = 15
    random = True

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        is_flow, mirror = param.is_flow, param.mirror
        return cls() if is_flow and mirror else None

    def __call__(self, batch: Batch) -> None:
        flags = batch.draws.below(2, 0).tolist()  # the numbers by which Mirror decides
        images = []
        for image, flag in zip(batch.pixels, flags, strict=True):
            inverted = np.array(image)
            if flag:
                inverted[::2] = 255 - inverted[::2]
            images.append(inverted)
        batch.images = images
