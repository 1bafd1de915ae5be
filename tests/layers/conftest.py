"""What tests of layers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from layerzoo.layer import LAYERS, Layer, Shape
from layerzoo.schema import TRAIN, LayerParameter


def _make(type_name: str, *bottoms: Shape, phase: int = TRAIN, **fields: Any) -> Layer:
    param = LayerParameter(name="l", type=type_name, phase=phase, **fields)
    LAYERS[type_name].top_shapes(param, bottoms)
    return LAYERS[type_name](param, bottoms)


@pytest.fixture(scope="session")
def make() -> Callable[..., Layer]:
    """``make("ELU", (2, 3), elu_param={"alpha": 0.5})``: a layer for bottoms of those shapes, params zero."""
    return _make
