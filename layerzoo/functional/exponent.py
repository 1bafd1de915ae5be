"""Bases of powers and logarithms, as Exp and Log give them."""

from __future__ import annotations

import math

from layerzoo.errors import LayerFault


def log_of_base(base: float, field: str) -> float:
    """The natural logarithm of a base; -1 stands for e.

    Args:
        base: -1, or any positive number.
        field: where it was given, for the fault.

    Raises:
        LayerFault: the base is no base.
    """
    if base == -1:
        return 1.0
    if not 0 < base < math.inf:
        raise LayerFault(f"base {base:g} is not positive", field=field, hint="-1, the default, stands for e")
    return math.log(base)
