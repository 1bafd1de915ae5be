"""SSD of a project."""

from __future__ import annotations

from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.templates.ssd import SSD
from tests.projects.built import built, shape_of


def test_boxes_are_of_three_sizes_of_features(description: DataDescription) -> None:
    text = SSD().layers(description, 2, 64)
    shapes = {"data": (2, 3, 64, 64), "label": (1, 1, 6, 8)}
    places = 16 * 16 + 8 * 8 + 4 * 4
    graph = built(text, shapes, train=True)
    assert shape_of(graph, "loc") == (2, places * 4 * 4)
    assert shape_of(graph, "conf") == (2, places * 4 * 3), "two classes and the background"
    assert shape_of(graph, "prior") == (1, 2, places * 4 * 4)
    assert [blob.name for blob in built(text, shapes).outputs] == ["mean_average_precision"]
