"""A batch of images on the net's device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from layerzoo.data.draws import Draws, Ints
from layerzoo.seeds import stable_seed


class DeviceBatch:
    """Images of one size on a device, for the steps that run there.

    Attributes:
        images: count x channels x height x width; bytes, or values from 0 to ``peak``.
        numbers: their numbers in the endless sequence of samples.
        key: key of the random stream.
        peak: the value of white in images that aren't of bytes; None if it is unknown.

    Args:
        images, numbers, key, peak: see above.
    """

    def __init__(self, images: Tensor, numbers: Ints, key: int, peak: float | None = None) -> None:
        self.images = images
        self.numbers = numbers
        self.key = key
        self.peak = 255.0 if images.dtype == torch.uint8 else peak

    def draws_for(self, step: str, count: int) -> Draws:
        """The random numbers of `layerzoo.data.transform.batch.Batch.draws_for`."""
        return Draws(stable_seed(self.key, step), self.numbers, count)

    @property
    def draws(self) -> Draws:
        """The random numbers of `layerzoo.data.transform.batch.Batch.draws`."""
        return Draws(self.key, self.numbers, 3)

    def here(self, values: NDArray[np.generic] | Sequence[float], kind: torch.dtype | None = None) -> Tensor:
        """Numbers as a tensor on the device."""
        return torch.as_tensor(np.asarray(values), dtype=kind).to(self.images.device, non_blocking=True)

    def grey_levels(self) -> Tensor:
        """The images with values from 0 to 255, in single precision."""
        if self.images.dtype == torch.uint8:
            return self.images.float()
        return (self.images * (255 / (self.peak or 255.0))).round().clamp(0, 255)

    def keep_grey_levels(self, values: Tensor) -> None:
        """Round values from 0 to 255 and keep them as the images, of the kind they had."""
        values = values.round().clamp(0, 255)
        kind = self.images.dtype
        self.images = values.to(torch.uint8) if kind == torch.uint8 else values * ((self.peak or 255.0) / 255)
