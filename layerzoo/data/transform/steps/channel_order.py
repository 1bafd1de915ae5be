"""The transform step ChannelOrder: reorder channels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.step import Step, step


@step
class ChannelOrder(Step):
    """Reorder the channels, for example to RGB.

    Args:
        order: for each new channel, the index of the old one; (2, 1, 0) converts BGR to RGB.
    """

    def __init__(self, order: Sequence[int]) -> None:
        self.order = list(order)

    def __call__(self, batch: Batch) -> None:
        images = batch.pixels
        if isinstance(images, np.ndarray):
            batch.images = images[:, self.order]
        else:
            batch.images = [image[self.order] for image in images]
