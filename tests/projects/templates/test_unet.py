"""U-Net of a project."""

from __future__ import annotations

from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.templates.unet import UNet
from tests.projects.built import built, shape_of


def test_scores_are_of_each_pixel(description: DataDescription) -> None:
    graph = built(UNet().layers(description, 4, 32), {"data": (2, 3, 32, 32), "label": (2, 1, 32, 32)})
    assert shape_of(graph, "score") == (2, 4, 32, 32)
    assert [blob.name for blob in graph.outputs] == ["loss", "mean_iou"]
