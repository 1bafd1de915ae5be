"""MobileNetV2 of a project."""

from __future__ import annotations

from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.templates.mobilenet_v2 import MobileNetV2
from tests.projects.built import built, shape_of


def test_last_layer_has_an_output_for_each_class(description: DataDescription) -> None:
    graph = built(MobileNetV2().layers(description, 6, 64), {"data": (2, 3, 64, 64)})
    assert shape_of(graph, "score")[:2] == (2, 6)
    assert sum(param.count for param in graph.params) > 2_000_000
