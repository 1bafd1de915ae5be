"""Checks of a layer class at its registration; tests/cli/test_own_layers.py checks the messages."""

from __future__ import annotations

from typing import Any

import pytest

from layerzoo.errors import ContractError
from layerzoo.layer import Layer
from layerzoo.layer.declaration import check_class


class Fine(Layer):
    def forward(self, *bottoms: Any) -> Any:
        return bottoms[0]


class OneBottom(Layer):
    def forward(self, x: Any, factor: float = 2) -> Any:
        return x * factor


def test_check_class_accepts_any_number_of_bottoms() -> None:
    check_class(Fine, 1, None)
    check_class(Fine, 0, 5)


def test_check_class_counts_defaults_as_bottoms_only_if_declared() -> None:
    check_class(OneBottom, 1, 1)
    check_class(OneBottom, 1, 2)
    with pytest.raises(ContractError, match=r"takes \(self, x, factor\), .* says 3 bottoms"):
        check_class(OneBottom, 1, 3)


def test_check_class_refuses_macs_without_tops() -> None:
    class Macs(Fine):
        @classmethod
        def macs(cls, param: Any, bottoms: Any) -> int:  # type: ignore[override]  # the mistake
            return 0

    with pytest.raises(ContractError, match=r"takes \(cls, param, bottoms\); expected \(cls, param, "):
        check_class(Macs, 1, 1)
