"""Occlusion: how much the answer for a class drops where the image is covered."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.errors import UsageError
from layerzoo.net import Net
from layerzoo.visualise.class_score import ClassScore

_BATCH = 64


def occlusion(net: Net, image: Tensor, target: ClassScore, window: int = 0, stride: int = 0) -> Tensor:
    """How much lower a class is answered, for each pixel: the mean over the windows that cover it.

    A window has, in each channel, the mean of the image. Windows begin at every ``stride`` pixels; the last
    ones end at the border, so that every pixel is covered.

    Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2013.

    Args:
        net: a net with one input.
        image: the preprocessed image: 1 x channels x height x width.
        target: the class.
        window: side of a window in pixels; 0 is a quarter of the image's shorter side.
        stride: pixels from a window to the next; 0 is half a window.

    Returns:
        height x width; negative where the answer rises.

    Raises:
        UsageError: the window is larger than the image, or the stride larger than the window.
    """
    height, width = image.shape[2:]
    side = window or max(1, min(height, width) // 4)
    step = stride or max(1, side // 2)
    if side > min(height, width):
        raise UsageError(f"a window of {side} pixels is larger than the image, {width} x {height}")
    if step > side:
        raise UsageError(f"a stride of {step} pixels is larger than the window of {side}: gaps would remain")
    places = [(top, left) for top in _starts(height, side, step) for left in _starts(width, side, step)]
    fill = image.mean((2, 3), keepdim=True)[0]
    whole = target.answers(net, image)[0]
    drops = torch.zeros(height, width, dtype=torch.float64)
    covered = torch.zeros(height, width, dtype=torch.float64)
    for start in range(0, len(places), _BATCH):
        some = places[start : start + _BATCH]
        batch = image.repeat(len(some), 1, 1, 1)
        for number, (top, left) in enumerate(some):
            batch[number, :, top : top + side, left : left + side] = fill
        lower = (whole - target.answers(net, batch)).double().cpu()
        for (top, left), drop in zip(some, lower, strict=True):
            drops[top : top + side, left : left + side] += drop
            covered[top : top + side, left : left + side] += 1
    return (drops / covered).float()


def _starts(size: int, side: int, step: int) -> list[int]:
    """Where windows begin along an axis; the last one ends at the border."""
    starts = list(range(0, size - side + 1, step))
    return starts if starts[-1] == size - side else [*starts, size - side]
