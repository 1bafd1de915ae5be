"""Fixtures for tests of layers: a layer built from prototxt or from its type and fields, and examples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format

from layerzoo.contract.example import Example
from layerzoo.layer import LAYERS, Layer, Shape
from layerzoo.schema import TRAIN, LayerParameter
from tests.layers.examples import examples_of


def _param(source: str, **fields: Any) -> LayerParameter:
    """A layer's message, from its text or its type; for TRAIN by default."""
    text = source if ":" in source else f'type: "{source}"'
    return text_format.Parse(text, LayerParameter(name="l", **{"phase": TRAIN, **fields}))


@pytest.fixture(scope="session")
def make() -> Callable[..., Layer]:
    """Build a layer for bottoms of the given shapes, with params of zeros.

    ``make("ELU", (2, 3), elu_param={"alpha": 0.5})`` is the same as
    ``make('type: "ELU" elu_param { alpha: 0.5 }', (2, 3))``.
    """

    def make(source: str, *bottoms: Shape, **fields: Any) -> Layer:
        param = _param(source, **fields)
        LAYERS[param.type].top_shapes(param, bottoms)
        return LAYERS[param.type](param, bottoms)

    return make


@pytest.fixture(scope="session")
def shapes() -> Callable[..., list[Shape]]:
    """The shapes of a layer's tops, without building it; arguments as for `make`."""

    def shapes(source: str, *bottoms: Shape, **fields: Any) -> list[Shape]:
        param = _param(source, **fields)
        return LAYERS[param.type].top_shapes(param, bottoms)

    return shapes


@pytest.fixture
def examples(request: pytest.FixtureRequest, tmp_path: Path) -> list[Example]:
    """All examples of the layer type that the test is run for."""
    return examples_of(request.param, tmp_path)
