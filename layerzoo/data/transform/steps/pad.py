"""The transform step Pad: enlarge images to at least the size of the crop."""

from __future__ import annotations

import numpy as np

from layerzoo.data.image import Encoded
from layerzoo.data.samples import Floats, Image
from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.data.transform.step import ImageStep, step


@step
class Pad(ImageStep):
    """Enlarge images at the bottom and the right to at least a size; the new pixels become 0 by the mean.

    Args:
        height, width: in pixels.
        fill: the mean that is subtracted later, channels x 1 x 1; None is 0.
        label: the label of the new pixels.
    """

    def __init__(self, height: int, width: int, fill: Floats | None, label: int) -> None:
        self.height, self.width, self.fill, self.label = height, width, fill, label

    def top_shape(self, shape: Shape3) -> Shape3:
        return (shape[0], max(shape[1], self.height), max(shape[2], self.width))

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        assert isinstance(image, np.ndarray), "Decode must precede Pad"
        channels, height, width = image.shape
        tall, wide = max(height, self.height), max(width, self.width)
        if (tall, wide) == (height, width):
            return image
        padded = np.zeros((channels, tall, wide), np.float32)  # a mean need not be a byte
        if self.fill is not None:
            padded[:] = self.fill
        padded[:, :height, :width] = image
        if batch.masks is not None:
            mask = np.full((1, tall, wide), self.label, np.float32)
            mask[:, :height, :width] = batch.masks[index]
            batch.masks[index] = mask
        return padded
