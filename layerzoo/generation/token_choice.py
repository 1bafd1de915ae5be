"""Choose the next token of a text from the probabilities of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.samples import Floats
from layerzoo.errors import UsageError


@dataclass(frozen=True)
class TokenChoice:
    """How a token is chosen.

    Attributes:
        temperature: below 1 likely tokens become likelier, above 1 less likely; 0 takes the likeliest.
        top_k: only this many of the likeliest tokens are candidates; 0 for all.
        top_p: only the likeliest tokens whose probabilities first sum to this are candidates, from above 0 to
            1 (nucleus sampling, Holtzman et al. 2020, arXiv 1904.09751).

    Raises:
        UsageError: a value is out of range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < float("inf"):
            raise UsageError(f"temperature {self.temperature:g}; expected 0 or more")
        if self.top_k < 0:
            raise UsageError(f"top_k {self.top_k}; expected 0 or more")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top_p {self.top_p:g}; expected above 0, and at most 1")

    def weights(self, probabilities: Floats) -> NDArray[np.float64]:
        """The probabilities of the candidates; those of other tokens are 0.

        ``top_k`` and ``top_p`` select after the temperature. Of tokens with equal probabilities the first
        ones come first.

        Args:
            probabilities: of each token, not negative, with a sum above 0.
        """
        if self.temperature == 0:
            one = np.zeros(len(probabilities))
            one[int(probabilities.argmax())] = 1
            return one
        with np.errstate(divide="ignore"):
            levels = np.log(probabilities.astype(np.float64)) / self.temperature
        weights = np.exp(levels - levels.max())
        if self.top_k or self.top_p < 1:
            order = np.argsort(-weights, kind="stable")
            kept = np.arange(len(order)) < (self.top_k or len(order))
            sums = np.cumsum(weights[order])
            kept &= sums - weights[order] < self.top_p * sums[-1]
            weights[order[~kept]] = 0
        found: NDArray[np.float64] = weights / weights.sum()
        return found

    def __call__(self, probabilities: Floats, draw: float) -> int:
        """The number of a token.

        Args:
            probabilities: see `weights`.
            draw: a uniform random number from 0 to below 1.
        """
        if self.temperature == 0:
            return int(probabilities.argmax())
        weights = self.weights(probabilities)
        ends = np.cumsum(weights)
        last = int(np.flatnonzero(weights)[-1])
        return min(int(np.searchsorted(ends, draw * ends[-1], "right")), last)
