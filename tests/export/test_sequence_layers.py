"""Export of layers over sequences, to ONNX and as Python."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch

from layerzoo.export import export_onnx, export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

FILLED = 'weight_filler { type: "gaussian" std: 0.5 } bias_filler { type: "gaussian" std: 0.5 }'
INPUTS = {
    "x": "dim: 2 dim: 3 dim: 4",
    "m": "dim: 2 dim: 5 dim: 4",
    "n": "dim: 2 dim: 5",
    "some": "dim: 2",
    "ends": "dim: 3",
    "cont": "dim: 2 dim: 3",
    "mask": "dim: 2 dim: 5",
    "length": "dim: 2",
}
ATTENTION = {
    "causal": ('bottom: "x" top: "y"', "num_heads: 2 causal: true"),
    "shared heads": ('bottom: "x" top: "y"', "num_heads: 4 num_kv_heads: 2 num_output: 8 rotary { }"),
    "window": (
        'bottom: "x" top: "y"',
        "num_heads: 2 num_output: 8 window: 2 rotary { fraction: 0.5 interleaved: true } bias_term: false",
    ),
    "memory": ('bottom: "x" bottom: "m" top: "y" top: "w"', "num_heads: 2"),
    "mask": ('bottom: "x" bottom: "m" bottom: "mask" top: "y"', "mask: true"),
    "lengths": (
        'bottom: "x" bottom: "m" bottom: "m" bottom: "length" top: "y" top: "w"',
        "project: false num_heads: 2 head_weights: true lengths: true",
    ),
    "additive": ('bottom: "x" bottom: "m" bottom: "length" top: "y"', "score: ADDITIVE lengths: true"),
}


def net(layers: str) -> Net:
    inputs = "".join(
        f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ {shape} }} }} }}'
        for name, shape in INPUTS.items()
        if f'bottom: "{name}"' in layers
    )
    return Net(parse_net(inputs + layers).message, "TEST", seed=2)


def values() -> dict[str, torch.Tensor]:
    """A sample without any key, and one with some."""
    return {"mask": torch.tensor([[0.0] * 5, [1, 0, 1, 1, 0]]), "length": torch.tensor([0.0, 2])}


def attention(case: str) -> Net:
    ends, fields = ATTENTION[case]
    filled = "" if "project" in fields else FILLED
    filled = filled.partition("bias")[0] if "bias_term" in fields else filled
    return net(f'layer {{ name: "a" type: "Attention" {ends} attention_param {{ {fields} {filled} }} }}')


@pytest.mark.parametrize("case", ATTENTION)
def test_attention_as_python(case: str, tmp_path: Path) -> None:
    assert export_python(attention(case), tmp_path / "net.py", values()) <= 1e-5


@pytest.mark.parametrize("case", ATTENTION)
def test_attention_as_onnx(case: str, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    pytest.importorskip("onnxscript", reason="the extra 'onnx' is not installed")
    assert export_onnx(attention(case), tmp_path / "net.onnx", values()) <= 1e-5


RECURRENT = {
    "RNN": ('bottom: "cont"', ""),
    "RNN both": ('bottom: "ends"', "direction: BIDIRECTIONAL"),
    "LSTM both": ('bottom: "ends"', "direction: BIDIRECTIONAL num_layers: 2"),
    "LSTM back": ('bottom: "cont"', "direction: BACKWARD"),
    "GRU": ("", "num_layers: 2"),
    "GRU cont": ('bottom: "cont"', ""),
    "GRU both": ('bottom: "ends"', "direction: BIDIRECTIONAL reset: BEFORE"),
}


def recurrent(case: str) -> Net:
    bottom, fields = RECURRENT[case]
    fields = f"recurrent_param {{ num_output: 3 {fields} {FILLED} }}"
    return net(
        f'layer {{ name: "r" type: "{case.split(maxsplit=1)[0]}" bottom: "x" {bottom} top: "y" {fields} }}'
    )


def ends() -> dict[str, torch.Tensor]:
    return {"cont": torch.tensor([[0.0] * 3, [1, 1, 0]]), "ends": torch.tensor([2.0, 1, 0])}


@pytest.mark.parametrize("case", RECURRENT)
def test_recurrent_layer_as_python(case: str, tmp_path: Path) -> None:
    assert export_python(recurrent(case), tmp_path / "net.py", ends()) <= 1e-5


@pytest.mark.parametrize("case", RECURRENT)
def test_recurrent_layer_as_onnx(case: str, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    pytest.importorskip("onnxscript", reason="the extra 'onnx' is not installed")
    assert export_onnx(recurrent(case), tmp_path / "net.onnx", ends()) <= 1e-5


def test_units_positions_and_masks_as_python(tmp_path: Path) -> None:
    layers = """
layer { name: "u" type: "GRUUnit" bottom: "n" bottom: "m" top: "u" recurrent_param { num_output: 5 FILLED } }
layer { name: "i" type: "Position" bottom: "x" top: "i" position_param { offset: 2 } }
layer { name: "s" type: "Position" bottom: "x" top: "s" position_param { kind: SINUSOIDAL num_output: 4 } }
layer {
  name: "l" type: "Position" bottom: "x" top: "l"
  position_param { kind: LEARNED num_output: 4 max_length: 9 filler { type: "gaussian" } }
}
layer { name: "k" type: "SequenceMask" bottom: "x" bottom: "some" top: "k" }
""".replace("FILLED", FILLED)
    given = {"some": torch.tensor([1.0, 3])}
    assert export_python(net(layers), tmp_path / "net.py", given) <= 1e-5


def test_norms_as_onnx(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")
    pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    pytest.importorskip("onnxscript", reason="the extra 'onnx' is not installed")
    kinds = ("LayerNorm", "RMSNorm", "InstanceNorm")
    layers = "".join(f'layer {{ name: "{kind}" type: "{kind}" bottom: "x" top: "{kind}" }}' for kind in kinds)
    assert export_onnx(net(layers), tmp_path / "net.onnx") <= 1e-5
    operators = Counter(node.op_type for node in onnx.load(tmp_path / "net.onnx").graph.node)
    assert operators["LayerNormalization"] == operators["InstanceNormalization"] == 1
