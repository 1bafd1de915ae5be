"""Export to ONNX."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from layerzoo.errors import MissingExtraError
from layerzoo.export import export_onnx
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.zoo import load


def test_export_onnx_agrees_with_the_net_in_onnxruntime(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    pytest.importorskip("onnxscript", reason="the extra 'onnx' is not installed")
    original = load("lenet-digits").net
    assert export_onnx(original, tmp_path / "lenet.onnx") <= 1e-4
    session = onnxruntime.InferenceSession(str(tmp_path / "lenet.onnx"), providers=["CPUExecutionProvider"])
    images = torch.rand(3, 1, 28, 28)
    (outputs,) = session.run(["prob"], {"data": images.numpy()})
    with torch.no_grad():
        expected = original(data=images)["prob"]
    torch.testing.assert_close(torch.from_numpy(outputs), expected, rtol=1e-4, atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["lenet.onnx"]


def test_missing_libraries_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    text = "layer:\n- {name: x, type: Input, top: x, input_param: {shape: {dim: 1}}}\n"
    with pytest.raises(MissingExtraError, match=r"layerzoo\[onnx\]"):
        export_onnx(Net(parse_net(text, format="yaml")), tmp_path / "x.onnx")


def test_blobs_called_like_operations_of_torch(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    pytest.importorskip("onnxscript", reason="the extra 'onnx' is not installed")
    text = """layer:
- {name: x, type: Input, top: x, input_param: {shape: {dim: [2, 3]}}}
- {name: a, type: Sigmoid, bottom: x, top: a}
- {name: b, type: Sigmoid, bottom: a, top: sigmoid}
"""
    assert export_onnx(Net(parse_net(text, format="yaml").message, "TEST"), tmp_path / "x.onnx") < 1e-5
