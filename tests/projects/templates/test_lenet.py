"""LeNet of a project."""

from __future__ import annotations

import pytest

from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.templates.lenet import LeNet
from tests.projects.built import built, shape_of


@pytest.mark.parametrize(("side", "stages"), [(28, 2), (64, 4), (6, 1)])
def test_stages_halve_the_sides_to_less_than_eight(
    description: DataDescription, side: int, stages: int
) -> None:
    graph = built(LeNet().layers(description, 5, side), {"data": (2, 3, side, side)})
    assert shape_of(graph, "score") == (2, 5)
    assert sum(layer.name.startswith("pool") for layer in graph.layers) == stages
    assert shape_of(graph, f"pool{stages}")[2] < 8
