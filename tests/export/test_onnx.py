"""Export to ONNX."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from layerzoo.errors import MissingExtraError
from layerzoo.export import export_onnx
from layerzoo.export.onnx import run_onnx
from layerzoo.layer import LAYERS
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


TENSORS = {
    "MatMul": "matmul_param { transpose_b: true coeff: 0.5 }",
    "Gather": "gather_param { axis: 1 }",
    "Gather of each sample": "gather_param { batch_axes: 1 }",
    "Where": "",
    "Compare": "compare_param { operation: LESS_EQUAL }",
    "Pad": "pad_param { pad_begin: 1 pad_end: 2 value: 0.5 }",
    "Pad mirrored": "pad_param { axis: 1 pad_begin: 1 pad_end: 2 mode: REFLECT }",
    "Pad edge": "pad_param { axis: 1 pad_begin: 1 pad_end: 2 mode: REPLICATE }",
    "Pad around": "pad_param { axis: 1 pad_begin: 1 pad_end: 2 mode: CIRCULAR }",
    "Unpooling": "unpooling_param { method: NEAREST size: 9 } pooling_param { kernel_size: 3 stride: 2 }",
    "Unpooling mean": "unpooling_param { method: AVE } pooling_param { kernel_size: 3 stride: 2 pad: 1 }",
    "Convolution": "convolution_param { num_output: 2 kernel_size: 3 pad_begin: 2 pad_end: 1 "
    'weight_filler { type: "gaussian" } }',
    "Convolution causal": "convolution_param { num_output: 2 kernel_size: 2 dilation: 2 causal: true "
    'weight_filler { type: "gaussian" } }',
    "Eltwise": "eltwise_param { operation: MIN broadcast: true }",
    "Reduction": "reduction_param { operation: MAX axes: 1 keep_axes: true }",
    "GELU": "",
    "GELU by tanh": "gelu_param { approximate: TANH }",
    "SiLU": "",
    "Softplus": "softplus_param { beta: 2 }",
    "Sin": "",
    "Cos": "",
}


@pytest.mark.parametrize("case", TENSORS)
def test_layers_of_tensors_agree_in_onnxruntime(tmp_path: Path, case: str) -> None:
    pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    pytest.importorskip("onnxscript", reason="the extra 'onnx' is not installed")
    kind = case.partition(" ")[0]
    index = "dim: 2 dim: 2" if "each" in case else "dim: 5"
    dims = {"b": index} if kind == "Gather" else {"b": "dim: 3 dim: 1"} if kind == "Eltwise" else {}
    names = ["a", "b", "c"][: LAYERS[kind].bottoms.min + (kind == "Compare")]
    shape = "dim: 2 dim: 3 dim: 4"
    inputs = "".join(
        f'layer {{ name: "{name}" type: "Input" top: "{name}" '
        f"input_param {{ shape {{ {dims.get(name, shape)} }} }} }}\n"
        for name in names
    )
    bottoms = " ".join(f'bottom: "{n}"' for n in names)
    text = f'{inputs}layer {{ name: "y" type: "{kind}" {bottoms} top: "y" {TENSORS[case]} }}'
    assert export_onnx(Net(parse_net(text).message, "TEST"), tmp_path / "x.onnx") < 1e-5


def test_axes_that_vary_stay_so_in_onnx(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    text = """
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: -1 dim: 16 dim: 3 } axes: "N T _" } }
    layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 2 axis: 2
      weight_filler { type: "xavier" } } }
    """
    net = Net(parse_net(text, format="prototxt"))
    export_onnx(net, tmp_path / "n.onnx")
    x = torch.rand(3, 5, 3)
    (y,) = run_onnx(tmp_path / "n.onnx", {"x": x}, ["y"])
    torch.testing.assert_close(y, net(x)["y"].detach())
