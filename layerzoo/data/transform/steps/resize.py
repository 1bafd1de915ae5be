"""The transform step Resize: resize images."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from layerzoo.data.image import Encoded, resize
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.data.transform.step import ImageStep, step


@step
class Resize(ImageStep):
    """Resize bilinearly: uint8 images with OpenCV's results, float images with torch's.

    Args:
        height, width: size of the result in pixels.
    """

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width

    def top_shape(self, shape: Shape3) -> Shape3:
        return (shape[0], self.height, self.width)

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        assert isinstance(image, np.ndarray), "Decode must precede Resize"
        if image.dtype != np.uint8 and image.shape[1:] != (self.height, self.width):
            return self._interpolated(image[None])[0]  # type: ignore[no-any-return]
        return resize(image, self.height, self.width)

    def __call__(self, batch: Batch) -> None:
        images = batch.images
        if not isinstance(images, np.ndarray):
            super().__call__(batch)
        elif images.shape[2:] != (self.height, self.width):
            if images.dtype == np.uint8:
                super().__call__(batch)
            else:
                batch.images = self._interpolated(images)

    def _interpolated(self, images: Image) -> Image:
        values = torch.from_numpy(np.ascontiguousarray(images, np.float32))
        resized: Image = F.interpolate(values, (self.height, self.width), mode="bilinear").numpy()
        return resized
