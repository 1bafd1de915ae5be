"""The task ``noisy_wave``: a curve whose noise is louder in some places than in others."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from layerzoo.data.drawn_task import DrawnTask, Sample, Top, drawn_task

_END: Final = np.pi / 2


@drawn_task
class NoisyWave(DrawnTask):
    """Predict a number and how far off the prediction may be: the noise depends on the input.

    ``x`` is evenly distributed from 0 to pi / 2, and ``y = sin(3 x) sin(5 x)`` with normal noise of standard
    deviation ``0.05 + 0.2 (1 - sin(5 x))``, which goes from 0.05 to 0.45. A problem of this kind is the first
    of Nix and Weigend 1994.
    """

    tops: ClassVar = (
        Top("x", "1", "the input"),
        Top("y", "1", "what was observed"),
        Top("mean", "1", "y without the noise"),
        Top("deviation", "1", "standard deviation of the noise"),
    )

    def shapes(self) -> list[tuple[int, ...]]:
        return [(1,)] * len(self.tops)

    def draw(self, rng: np.random.Generator) -> Sample:
        x = rng.uniform(0, _END)
        mean, deviation = np.sin(3 * x) * np.sin(5 * x), 0.05 + 0.2 * (1 - np.sin(5 * x))
        return [x], [rng.normal(mean, deviation)], [mean], [deviation]
