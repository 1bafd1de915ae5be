"""The factor on the loss under FP16."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layerzoo.schema import LossScaleParameter

_NO_SCALE = 1.0
_LEAST = 2.0**-24


class LossScale:
    """Scales the loss up, so that small gradients survive FP16, and follows what becomes of them.

    A gradient that is not finite makes the scale fall, and the iteration goes without an update; after so
    many good iterations in a row it grows. Source: Micikevicius et al. 2018, arXiv 1710.03740.

    Attributes:
        value: the factor.
        good: good iterations in a row.
    """

    def __init__(self, param: LossScaleParameter) -> None:
        self.param = param
        self.value: float = param.initial
        self.good = 0

    @property
    def is_spent(self) -> bool:
        """It has fallen to 1 or lower: gradients that are still not finite are not the scale's doing."""
        return self.value <= _NO_SCALE

    def grow(self) -> None:
        """An iteration with finite gradients."""
        self.good += 1
        if self.good >= self.param.interval:
            self.value, self.good = self.value * self.param.growth, 0

    def shrink(self) -> None:
        """An iteration with a gradient that is not finite."""
        self.value, self.good = max(_LEAST, self.value * self.param.backoff), 0

    def state_dict(self) -> dict[str, Any]:
        """Where it stands, for a snapshot."""
        return {"value": self.value, "good": self.good}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.value, self.good = float(state["value"]), int(state["good"])
