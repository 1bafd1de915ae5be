"""Every registered layer type compiles to one graph: its forward pass reads no message and no value."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
import torch._dynamo

from layerzoo.contract.example import Example, run
from layerzoo.layer import LAYERS
from tests.layers.examples import TYPES, each_types_examples

BREAKS = ("DataAugmentation", "EvalDetection", "GenerateAugmentationParameters")
"""They read presence of fields in a pass."""
COMPUTING = [
    name
    for name in TYPES
    if not (LAYERS[name].is_data or LAYERS[name].is_input or LAYERS[name].has_effects or name in BREAKS)
]


@pytest.fixture(autouse=True)
def _fresh_compiler() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def test_types_that_compute_are_nearly_all() -> None:
    assert len(COMPUTING) >= 145
    assert set(BREAKS) <= set(TYPES)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # torch's compiler does
@each_types_examples
def test_first_example_compiles_to_one_graph_and_gives_the_same(examples: list[Example]) -> None:
    example = examples[0]
    if example.param.type not in COMPUTING:
        return
    expected = run(example.layer(), example.bottoms)
    found = torch.compile(example.layer(), fullgraph=True, backend="eager")(*example.bottoms)
    found = found if isinstance(found, tuple) else (found,)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5, equal_nan=True)
