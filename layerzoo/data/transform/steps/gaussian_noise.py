"""The transform step GaussianNoise: add normal noise."""

from __future__ import annotations

from typing import Self

import numpy as np

from layerzoo.data.colors import to_bytes
from layerzoo.data.device_filters import normals_all
from layerzoo.data.draws import normals
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.device_batch import DeviceBatch
from layerzoo.data.transform.step import ByteStep, check_limits, step
from layerzoo.errors import LayerFault
from layerzoo.schema import TRAIN, GaussianNoiseParameter, TransformationParameter
from layerzoo.seeds import stable_seed


@step
class GaussianNoise(ByteStep):
    """Add independent normal noise of random strength to every value.

    Args:
        param: the probability and the strengths.
    """

    fields = ("gaussian_noise_param",)
    rank = 26
    random = True
    on_devices = True

    def __init__(self, param: GaussianNoiseParameter) -> None:
        self.param = param

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.HasField("gaussian_noise_param") or phase != TRAIN:
            return None
        p = param.gaussian_noise_param
        if not 0 <= p.min_std <= p.max_std <= 255:
            message = f"deviations from {p.min_std:g} to {p.max_std:g}; expected 0 <= min <= max <= 255"
            raise LayerFault(message, field="transform_param.gaussian_noise_param.min_std")
        check_limits(p, "transform_param.gaussian_noise_param", {"prob": 1})
        return cls(p)

    def of_bytes(self, image: Image, index: int, batch: Batch) -> Image:
        deviation = float(self._deviations(batch)[index])
        if not deviation:
            return image
        noise = normals(_key(batch, int(batch.numbers[index])), image.size).reshape(image.shape)
        return to_bytes(image + deviation * noise)

    def run_on_device(self, batch: DeviceBatch) -> None:
        """Add noise to all images of a batch at once."""
        deviations = batch.here(self._deviations(batch)).view(-1, 1, 1, 1)
        values = batch.grey_levels()
        keys = [_key(batch, number) for number in batch.numbers.tolist()]
        noise = normals_all(keys, values[0].numel(), values.device).view(values.shape)
        batch.keep_grey_levels(values + deviations * noise)

    def _deviations(self, batch: Batch | DeviceBatch) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The deviation of each image's noise; 0 for none."""
        draws, p = batch.draws_for("GaussianNoise", 2), self.param
        return np.where(draws.uniform(0) < p.prob, draws.uniform(1, p.min_std, p.max_std), 0.0)


def _key(batch: Batch | DeviceBatch, number: int) -> int:
    return stable_seed(batch.key, "GaussianNoise", number)
