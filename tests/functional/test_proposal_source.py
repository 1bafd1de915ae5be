from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

NET = """
layer {{ name: "s" type: "Input" top: "s" input_param {{ shape {{ dim: {n} dim: 18 dim: 7 dim: 9 }} }} }}
layer {{ name: "o" type: "Input" top: "o" input_param {{ shape {{ dim: {n} dim: 36 dim: 7 dim: 9 }} }} }}
layer {{ name: "i" type: "Input" top: "i" input_param {{ shape {{ dim: 1 dim: {numbers} }} }} }}
layer {{ name: "p" type: "{kind}" bottom: "s" bottom: "o" bottom: "i" top: "r" {more} }}
"""
PYTHON = """python_param { module: "rpn.proposal_layer" layer: "ProposalLayer"
  param_str: "'feat_stride': 16" }"""


@pytest.mark.parametrize(
    ("n", "kind", "numbers", "more"),
    [
        (1, "Python", 3, PYTHON),
        (1, "Python", 3, f'top: "scores" {PYTHON}'),
        (1, "Python", 3, f'top: "regions" {PYTHON}'),
        (2, "Proposal", 3, "proposal_param { feat_stride: 16 min_size: 40 nms_thresh: 0.3 }"),
        (2, "Proposal", 3, 'top: "scores" proposal_param { feat_stride: 16 post_nms_topn: 5 }'),
        (1, "Proposal", 4, 'top: "scores" proposal_param { feat_stride: 16 min_size: 60 pre_nms_topn: 50 }'),
    ],
)
def test_source_agrees_with_the_layer(tmp_path: Path, n: int, kind: str, numbers: int, more: str) -> None:
    net = Net(parse_net(NET.format(n=n, kind=kind, numbers=numbers, more=more)).message, "TEST")
    generator = torch.Generator().manual_seed(5)
    inputs = {
        "s": torch.rand(n, 18, 7, 9, generator=generator),
        "o": torch.randn(n, 36, 7, 9, generator=generator) * 0.3,
        "i": torch.tensor([[112.0, 144.0, 1.5, 1.0][:numbers]]),
    }
    assert export_python(net, tmp_path / "net.py", inputs) < 1e-5
    assert len(net(**inputs)["r"]) > 3
