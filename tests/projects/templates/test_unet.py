"""U-Net of a project."""

from __future__ import annotations

from layerzoo.projects.found import Found
from layerzoo.projects.templates.unet import UNet
from tests.projects.built import built, shape_of


def test_scores_are_of_each_pixel(found: Found) -> None:
    graph = built(UNet().layers(found, 4, 32), {"data": (2, 3, 32, 32), "label": (2, 1, 32, 32)})
    assert shape_of(graph, "score") == (2, 4, 32, 32)
    assert [blob.name for blob in graph.outputs] == ["loss", "mean_iou"]
