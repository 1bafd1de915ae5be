from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import ExportError
from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

NET = """
layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 12 dim: 9 dim: 11 }} }} }}
layer {{ name: "r" type: "Input" top: "r" input_param {{ shape {{ dim: 5 dim: 5 dim: 1 dim: 1 }} }} }}
layer {{ name: "y" type: "{kind}" bottom: "x" bottom: "r" top: "y" {more} }}
"""
REGIONS = torch.tensor(
    [
        [0.0, 0, 0, 170, 140],
        [1, 8, 24.5, 72, 90],
        [0, 100, 100, 100, 100],
        [1, 150, 20, 900, 40],  # beyond the image
        [0, 80, 60, 20, 10],  # the second corner before the first
    ]
)


def net_of(kind: str, more: str) -> Net:
    return Net(parse_net(NET.format(kind=kind, more=more)).message, "TEST")


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("ROIPooling", "roi_pooling_param { pooled_h: 3 pooled_w: 4 spatial_scale: 0.0625 }"),
        ("ROIPooling", "roi_pooling_param { pooled_size: 2 spatial_scale: 0.0625 pad_ratio: 0.25 }"),
        ("PSROIPooling", "psroi_pooling_param { output_dim: 3 group_size: 2 spatial_scale: 0.0625 }"),
        ("ROIAlign", "roi_align_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.0625 }"),
        ("ROIAlign", "roi_align_param { pooled_h: 2 pooled_w: 2 spatial_scale: 0.0625 sampling_ratio: 3 }"),
    ],
)
def test_source_agrees_with_the_layer(tmp_path: Path, kind: str, more: str) -> None:
    net = net_of(kind, more)
    inputs = {
        "x": torch.randn(2, 12, 9, 11, generator=torch.Generator().manual_seed(1)),
        "r": REGIONS.reshape(5, 5, 1, 1),
    }
    assert export_python(net, tmp_path / "net.py", inputs) < 1e-5
    assert net(**inputs)["y"].abs().sum() > 0


def test_cascade_rcnns_roi_align_can_not_be_written(tmp_path: Path) -> None:
    net = net_of("ROIAlign", "roi_pooling_param { pooled_h: 3 pooled_w: 4 spatial_scale: 0.0625 }")
    with pytest.raises(ExportError, match="layer 'y': Cascade R-CNN's ROIAlign can't be written as Python"):
        export_python(net, tmp_path / "net.py")
