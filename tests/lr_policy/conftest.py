"""Fixtures for tests of learning rate policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from layerzoo.lr_policy import make_policy
from layerzoo.schema import SolverParameter

Rates = Callable[..., list[float]]


def _rates(policy: str, iterations: list[int], **fields: Any) -> list[float]:
    fields.setdefault("base_lr", 0.5)
    instance = make_policy(SolverParameter(lr_policy=policy, **fields))
    return [instance.rate(iteration) for iteration in iterations]


@pytest.fixture(scope="session")
def rates() -> Rates:
    """``rates("exp", [0, 1, 2], gamma=0.5)``: the rates of those iterations for a base_lr of 0.5."""
    return _rates
