"""Constants of a pass as tensors on its device."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from layerzoo.functional.transforms import recorded

Values = tuple["float | Values", ...]
"""Numbers, or rows of them."""


def constant(values: Values, dtype: torch.dtype | None, device: torch.device) -> Tensor:
    """A tensor of numbers that don't change from pass to pass; not to be written to.

    In a step that is recorded it is made in the first pass and kept: a copy from the host can't be recorded.

    Args:
        values: the numbers.
        dtype: their type; None lets torch choose.
        device: where the tensor is.
    """
    return _kept(values, dtype, device) if recorded() else torch.tensor(values, dtype=dtype, device=device)


@lru_cache(maxsize=256)
def _kept(values: Values, dtype: torch.dtype | None, device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=dtype, device=device)
