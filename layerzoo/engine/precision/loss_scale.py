"""The loss scale of FP16."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from layerzoo.schema import LossScaleParameter
from layerzoo.state_fields import COUNT, POSITIVE, Fields

_NO_SCALE = 1.0
_LEAST = 2.0**-24


class LossScale:
    """A dynamic factor on the loss, so that small gradients don't underflow in FP16.

    A gradient that is not finite lowers the scale, and the update is skipped; after ``interval`` good
    iterations in a row the scale grows. Source: Micikevicius et al. 2018, arXiv 1710.03740.

    Args:
        param: initial value, growth, backoff and interval.

    Attributes:
        value: the factor.
        good: number of good iterations in a row.
    """

    def __init__(self, param: LossScaleParameter) -> None:
        self.param = param
        self.value: float = param.initial
        self.good = 0

    fields: ClassVar[Fields] = {"value": POSITIVE, "good": COUNT}

    @property
    def is_spent(self) -> bool:
        """Whether the scale is 1 or lower, so that it can't be the cause of gradients that are not finite."""
        return self.value <= _NO_SCALE

    def grow(self) -> None:
        """Count an iteration with finite gradients."""
        self.good += 1
        if self.good >= self.param.interval:
            self.value, self.good = self.value * self.param.growth, 0

    def shrink(self) -> None:
        """Lower the scale, after a gradient that is not finite."""
        self.value, self.good = max(_LEAST, self.value * self.param.backoff), 0

    def state_dict(self) -> dict[str, Any]:
        """Value and count, for a snapshot."""
        return {"value": self.value, "good": self.good}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore value and count."""
        self.value, self.good = float(state["value"]), int(state["good"])
