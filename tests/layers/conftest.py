"""What tests of layers share: a layer alone, from its prototxt or from its type and fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import text_format

from layerzoo.layer import LAYERS, Layer, Shape
from layerzoo.schema import TRAIN, LayerParameter


def _param(source: str, **fields: Any) -> LayerParameter:
    """A layer's message, from its text or its type; for TRAIN, where nothing else is said."""
    text = source if ":" in source else f'type: "{source}"'
    return text_format.Parse(text, LayerParameter(name="l", **{"phase": TRAIN, **fields}))


@pytest.fixture(scope="session")
def make() -> Callable[..., Layer]:
    """A layer for bottoms of the given shapes, its params zero.

    ``make("ELU", (2, 3), elu_param={"alpha": 0.5})`` says the same as
    ``make('type: "ELU" elu_param { alpha: 0.5 }', (2, 3))``.
    """

    def make(source: str, *bottoms: Shape, **fields: Any) -> Layer:
        param = _param(source, **fields)
        LAYERS[param.type].top_shapes(param, bottoms)
        return LAYERS[param.type](param, bottoms)

    return make


@pytest.fixture(scope="session")
def shapes() -> Callable[..., list[Shape]]:
    """The shapes of such a layer's tops, by arithmetic: it is not made."""

    def shapes(source: str, *bottoms: Shape, **fields: Any) -> list[Shape]:
        param = _param(source, **fields)
        return LAYERS[param.type].top_shapes(param, bottoms)

    return shapes
