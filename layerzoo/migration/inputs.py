"""Inputs that look like real ones: drawn pictures for images, typical numbers or noise for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from layerzoo.data.drawn_shapes import draw
from layerzoo.data.image import resize
from layerzoo.net import Net
from layerzoo.survey.inputs import draw as draw_numbers

MEAN: Final = (104.0, 117.0, 123.0)
"""Mean of ImageNet's blue, green and red, which most published nets subtract."""
STANDARD: Final[Mapping[str, Any]] = {"mean_value": MEAN, "scale": 1 / 64}
"""Preprocessing that gives numbers of about 1, for params of random values: larger ones saturate Softmax."""
_SIDE: Final = 128
_SHAPES: Final = 4


def realistic(net: Net, preprocessing: Mapping[str, Any]) -> dict[str, Tensor]:
    """Inputs for a net, by name.

    A blob of 1 or 3 channels with height and width gets pictures of shapes, prepared as
    ``(x * value_scale - mean_value) * scale``. Sizes of images, indices and the like get what a layer that
    reads them says; the others reproducible noise of standard deviation 1.

    Args:
        net: a net with inputs.
        preprocessing: what is done to images; where it says nothing, ImageNet's mean is subtracted.
    """
    inputs, numbers = {}, draw_numbers(net.graph)
    for blob in net.graph.inputs:
        shape = tuple(blob.shape or ())
        pictures = len(shape) == 4 and shape[1] in {1, 3} and min(shape[2:]) >= 8
        inputs[blob.name] = _pictures(shape, preprocessing) if pictures else numbers[blob.index]
    return inputs


def _pictures(shape: tuple[int, ...], preprocessing: Mapping[str, Any]) -> Tensor:
    count, channels, height, width = shape
    drawn = [draw((index,), _SIDE, _SHAPES).image for index in range(count)]
    images = np.stack([resize(image, height, width) for image in drawn]).astype(np.float32)
    if channels == 1:
        images = images.mean(1, keepdims=True, dtype=np.float32)
    known: Mapping[str, Any] = preprocessing or {"mean_value": MEAN}
    means = np.array(known.get("mean_value") or [0], np.float32)
    means = means if len(means) in {1, channels} else means.mean(keepdims=True)
    images *= np.float32(known.get("value_scale", 1))
    return torch.from_numpy((images - means[:, None, None]) * np.float32(known.get("scale", 1)))
