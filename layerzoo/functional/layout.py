"""The layout of images in memory."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def is_channels_last(x: Tensor) -> bool:
    """Whether an image (N, C, H, W) lies in memory pixel by pixel, its channels side by side."""
    return x.dim() == 4 and x.stride(1) == 1 and x.is_contiguous(memory_format=torch.channels_last)


def channels_last(x: Tensor) -> Tensor:
    """An image (N, C, H, W) with its channels side by side in memory; itself if it is so already."""
    if is_channels_last(x):
        return x
    if x.shape[1] == 1 and x.is_contiguous() and not x.requires_grad:  # the same memory under other strides
        return x.as_strided(x.shape, (x.stride(0), 1, x.stride(2), 1))
    return x.to(memory_format=torch.channels_last)


def mixed_channels(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A convolution with filters of one pixel, as one matrix product.

    Shapes: x (N, C, H, W) in `channels_last`, weight (K, C, 1, 1), bias (K), result (N, H, W, K).
    """
    n, channels, height, width = x.shape
    pixels = x.permute(0, 2, 3, 1).reshape(-1, channels)
    return F.linear(pixels, weight.flatten(1), bias).view(n, height, width, -1)


def has_onednn() -> bool:
    """Whether this torch has oneDNN, Intel's kernels for CPUs."""
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]  # torch's
