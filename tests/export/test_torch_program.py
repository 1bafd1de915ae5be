"""Export as torch.export programs."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import pytest
import torch

from layerzoo.errors import ExportError
from layerzoo.export import export_torch
from layerzoo.export.torch_program import quietly
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.zoo import load


def test_export_torch_agrees_with_the_net_when_loaded(tmp_path: Path) -> None:
    original = load("mlp-digits").net
    assert export_torch(original, tmp_path / "mlp.pt2") <= 1e-6
    program = torch.export.load(tmp_path / "mlp.pt2").module()
    images = torch.rand(5, 1, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(program(images)[0], original(data=images)["prob"])
    assert [path.name for path in tmp_path.iterdir()] == ["mlp.pt2"]


def test_export_torch_rejects_nets_with_data_layers(tmp_path: Path) -> None:
    text = "layer:\n- {name: x, type: DummyData, top: x, dummy_data_param: {shape: {dim: 1}}}\n"
    with pytest.raises(ExportError, match="has no inputs; export its deployment net"):
        export_torch(Net(parse_net(text, format="yaml")), tmp_path / "x.pt2")
    assert list(tmp_path.iterdir()) == []


def test_quietly_silences_prints_logs_and_warnings_until_it_ends(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    log = logging.getLogger("torch.export")
    with quietly():
        print("a graph")
        log.error("another graph")
        warnings.warn("no torchvision", stacklevel=1)
    assert capsys.readouterr().out == ""
    assert caplog.messages == []
    log.error("later")
    assert caplog.messages == ["later"]


SEQUENCE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: -1 dim: 16 dim: 3 } axes: "N T _" } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 2 axis: 2
  weight_filler { type: "xavier" } } }
layer { name: "p" type: "Softmax" bottom: "y" top: "p" softmax_param { axis: 2 } }
"""


def test_axes_that_vary_stay_so_in_the_program(tmp_path: Path) -> None:
    net = Net(parse_net(SEQUENCE, format="prototxt"))
    export_torch(net, tmp_path / "n.pt2")
    program = torch.export.load(tmp_path / "n.pt2").module()
    for shape in ((1, 16), (3, 5), (2, 1)):
        x = torch.rand(*shape, 3)
        with torch.no_grad():
            torch.testing.assert_close(program(x)[0], net(x)["p"])
