"""Fillers: what a param blob starts as."""

from __future__ import annotations

import torch

from layerzoo.schema import FillerParameter


def fill(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None = None) -> None:
    """Fill a blob in place."""
    raise NotImplementedError
