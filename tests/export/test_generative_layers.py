"""Layers of generative nets, and small ones of sequences, in ONNX: onnxruntime computes the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.export.onnx import export_onnx
from layerzoo.loader import parse_net
from layerzoo.net import Net

IMAGE = "dim: 2 dim: 3 dim: 6 dim: 5"
CASES = {
    "Sample": (["dim: 2 dim: 4"] * 2, ""),
    "Sample bernoulli": (["dim: 2 dim: 4"], "sample_param { distribution: BERNOULLI test: MEAN }"),
    "Sample category": (["dim: 2 dim: 4"], "sample_param { distribution: CATEGORICAL }"),
    "GradientScale": (["dim: 2 dim: 4"], "gradient_scale_param { scale: -1 }"),
    "SpatialTransformer": ([IMAGE, "dim: 2 dim: 6"], "st_param { output_H: 4 output_W: 3 }"),
    "SpatialTransformer border": ([IMAGE, "dim: 2 dim: 6"], "st_param { padding: BORDER x_first: true }"),
    "SpectralNorm": (["dim: 5 dim: 3"], "spectral_norm_param { iterations: 3 }"),
    "CosineSimilarity": (["dim: 2 dim: 3 dim: 4"] * 2, "cosine_similarity_param { axis: 2 }"),
    "GRUUnit": (
        ["dim: 2 dim: 3", "dim: 2 dim: 4"],
        'recurrent_param { num_output: 3 weight_filler { type: "xavier" } bias_filler { type: "uniform" } }',
    ),
    "Position": (["dim: 2 dim: 5 dim: 3"], "position_param { kind: SINUSOIDAL num_output: 4 }"),
    "SequenceMask": (["dim: 2 dim: 5 dim: 3", "dim: 2"], ""),
}


@pytest.mark.parametrize("case", CASES)
def test_layer_agrees_in_onnxruntime(tmp_path: Path, case: str) -> None:
    pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    pytest.importorskip("onnxscript", reason="the extra 'onnx' is not installed")
    shapes, fields = CASES[case]
    inputs = "".join(
        f'layer {{ name: "x{i}" type: "Input" top: "x{i}" input_param {{ shape {{ {shape} }} }} }}\n'
        for i, shape in enumerate(shapes)
    )
    bottoms = " ".join(f'bottom: "x{i}"' for i in range(len(shapes)))
    text = f'{inputs}layer {{ name: "y" type: "{case.partition(" ")[0]}" {bottoms} top: "y" {fields} }}'
    assert export_onnx(Net(parse_net(text).message, "TEST", seed=1), tmp_path / "x.onnx") < 1e-5
