"""What tests of layers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import text_format

from layerzoo.layer import LAYERS, Layer, Shape
from layerzoo.schema import TRAIN, LayerParameter


def _make(type_name: str, *bottoms: Shape, phase: int = TRAIN, **fields: Any) -> Layer:
    param = LayerParameter(name="l", type=type_name, phase=phase, **fields)
    LAYERS[type_name].top_shapes(param, bottoms)
    return LAYERS[type_name](param, bottoms)


def _param(text: str) -> LayerParameter:
    return text_format.Parse(text, LayerParameter(name="l", phase=TRAIN))


@pytest.fixture(scope="session")
def make() -> Callable[..., Layer]:
    """``make("ELU", (2, 3), elu_param={"alpha": 0.5})``: a layer for bottoms of those shapes, params zero."""
    return _make


@pytest.fixture(scope="session")
def build() -> Callable[..., Layer]:
    """The same from prototxt: ``build('type: "ELU" elu_param { alpha: 0.5 }', (2, 3))``."""

    def build(text: str, *bottoms: Shape) -> Layer:
        param = _param(text)
        return LAYERS[param.type](param, bottoms)

    return build


@pytest.fixture(scope="session")
def shapes() -> Callable[..., list[Shape]]:
    """Shapes of the tops by arithmetic, from prototxt: ``shapes('type: "Tile" …', *bottom_shapes)``."""

    def shapes(text: str, *bottoms: Shape) -> list[Shape]:
        param = _param(text)
        return LAYERS[param.type].top_shapes(param, bottoms)

    return shapes
