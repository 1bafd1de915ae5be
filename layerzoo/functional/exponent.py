"""Bases of powers and logarithms, for Exp and Log."""

from __future__ import annotations

import math

from layerzoo.errors import LayerFault


def log_of_base(base: float, field: str) -> float:
    """The natural logarithm of a base; -1 stands for e.

    Args:
        base: -1, or a positive number.
        field: name of the field of the base, for the fault.

    Raises:
        LayerFault: the base is not a positive, finite number.
    """
    if base == -1:
        return 1.0
    if not 0 < base < math.inf:
        raise LayerFault(f"base {base:g} is not positive", field=field, hint="-1, the default, stands for e")
    return math.log(base)
