"""ChannelOrder: the channels in another order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.step import Step, step


@step
class ChannelOrder(Step):
    """Put the channels in another order, such as red first for nets trained on RGB.

    Args:
        order: for each new channel the old one's index; (2, 1, 0) makes RGB of BGR.
    """

    def __init__(self, order: Sequence[int]) -> None:
        self.order = list(order)

    def __call__(self, batch: Batch) -> None:
        images = batch.pixels
        if isinstance(images, np.ndarray):
            batch.images = images[:, self.order]
        else:
            batch.images = [image[self.order] for image in images]
