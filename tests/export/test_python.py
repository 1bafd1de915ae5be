"""Export as standalone Python source."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from layerzoo.errors import ExportError
from layerzoo.export import export_python
from layerzoo.export.python import python_source
from layerzoo.layer import LAYERS as KNOWN
from layerzoo.layer import Layer
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.python_source import Operands, PythonSource
from layerzoo.zoo import load

FILLED = "weight_filler: {type: gaussian, std: 0.5}, bias_filler: {type: gaussian, std: 0.5}"
LAYERS = {
    "AbsVal": "",
    "ArgMax": "argmax_param: {axis: 1}",
    "ArgMax top values": "argmax_param: {axis: 2, top_k: 3, out_max_val: true}",
    "ArgMax of items": "argmax_param: {top_k: 2}",
    "ArgMax of items with values": "argmax_param: {top_k: 5, out_max_val: true}",
    "BNLL": "",
    "BatchNorm": "",
    "BatchNorm eps": "batch_norm_param: {eps: 0.01}",
    "Bias": "bias_param: {axis: 1, filler: {type: gaussian}}",
    "Clip": "clip_param: {min: 0.2, max: 0.7}",
    "Convolution": f"convolution_param: {{num_output: 5, kernel_size: 3, pad: 1, stride: 2, {FILLED}}}",
    "Convolution group": f"convolution_param: {{num_output: 4, kernel_size: 1, group: 2, {FILLED}}}",
    "Convolution flat": "convolution_param: {num_output: 3, kernel_h: 1, kernel_w: 3, dilation: 2}",
    "Deconvolution": f"convolution_param: {{num_output: 5, kernel_size: 4, pad: 1, stride: 2, {FILLED}}}",
    "Dropout": "",
    "ELU": "elu_param: {alpha: 0.5}",
    "Exp": "exp_param: {base: 2, scale: 0.5, shift: 1}",
    "Flatten": "",
    "Flip": "flip_param: {flip_height: true, flip_width: true}",
    "Flip width": "flip_param: {flip_height: false, flip_width: true}",
    "InnerProduct": f"inner_product_param: {{num_output: 3, {FILLED}}}",
    "InnerProduct turned": f"inner_product_param: {{num_output: 3, transpose: true, axis: 2, {FILLED}}}",
    "InstanceNorm": "",
    "InstanceNorm filled": "instance_norm_param: {scale_bias: true, bias_filler: {type: gaussian}}",
    "LayerNorm": "layer_norm_param: {axis: 2, bias_filler: {type: gaussian}}",
    "LayerNorm plain": "layer_norm_param: {scale_bias: false, eps: 0.1}",
    "Log": "",
    "Log scaled": "log_param: {base: 2, scale: 3, shift: 1}",
    "GradientScale": "gradient_scale_param: {scale: -1}",
    "LRN": "lrn_param: {local_size: 3, alpha: 0.5}",
    "LRN within": "lrn_param: {local_size: 3, alpha: 0.5, norm_region: WITHIN_CHANNEL}",
    "MVN": "",
    "MVN of all channels": "mvn_param: {across_channels: true, eps: 0.1}",
    "MVN mean": "mvn_param: {normalize_variance: false}",
    "PReLU": "prelu_param: {filler: {value: 0.3}}",
    "Pooling": "pooling_param: {pool: MAX, kernel_size: 3, stride: 2}",
    "Pooling mean": "pooling_param: {pool: AVE, kernel_size: 3, stride: 2, pad: 1}",
    "Pooling outside": "pooling_param: {pool: MAX, kernel_size: 1, stride: 3}",
    "Pooling mean outside": "pooling_param: {pool: AVE, kernel_size: 1, stride: 3}",
    "Pooling mean far": "pooling_param: {pool: AVE, kernel_size: 2, stride: 4}",
    "Pooling mean pad": "pooling_param: {pool: AVE, kernel_size: 3, stride: 2, pad: 2}",
    "Pooling past the edge": "pooling_param: {pool: MAX, kernel_h: 9, kernel_w: 10, stride: 3}",
    "Pooling mean past the edge": "pooling_param: {pool: AVE, kernel_size: 9, stride: 3}",
    "Pooling floor": "pooling_param: {pool: MAX, kernel_size: 3, stride: 2, round_mode: FLOOR}",
    "Pooling all": "pooling_param: {pool: AVE, global_pooling: true}",
    "Power": "power_param: {power: 2, scale: 0.5, shift: 1}",
    "ReLU": "relu_param: {negative_slope: 0.1}",
    "RMSNorm": "rms_norm_param: {scale_filler: {type: uniform, max: 2}}",
    "RMSNorm plain": "rms_norm_param: {axis: 1, scale: false, eps: 0.1}",
    "Reduction": "reduction_param: {axis: 2}",
    "Reduction mean": "reduction_param: {operation: MEAN, axis: 1, coeff: -0.3}",
    "Reorg back": "reorg_param: {stride: 2, reverse: true}",
    "Reshape": "reshape_param: {shape: {dim: [0, 2, -1]}}",
    "Sample": "",
    "Sample bernoulli": "sample_param: {distribution: BERNOULLI, input: PROBABILITIES}",
    "Sample bernoulli mean": "sample_param: {distribution: BERNOULLI, test: MEAN}",
    "Sample category": "sample_param: {distribution: CATEGORICAL, axis: 2}",
    "Sample category number": "sample_param: {distribution: CATEGORICAL, output: INDEX}",
    "Sample category mean": "sample_param: {distribution: CATEGORICAL, test: MEAN}",
    "Sample category shares": "sample_param: {distribution: CATEGORICAL, input: PROBABILITIES, test: MEAN}",
    "Scale": "scale_param: {bias_term: true, filler: {type: gaussian}, bias_filler: {type: gaussian}}",
    "Scale axes": "scale_param: {axis: 2, num_axes: 2, filler: {type: gaussian}}",
    "SpectralNorm": "spectral_norm_param: {axis: 1}",
    "SPP": "spp_param: {pyramid_height: 3}",
    "SPP mean": "spp_param: {pyramid_height: 2, pool: AVE}",
    "SPP of one level": "spp_param: {pyramid_height: 1, pool: AVE}",
    "Sigmoid": "",
    "Softmax": "softmax_param: {axis: 2}",
    "Swish": "swish_param: {beta: 2}",
    "TanH": "",
    "Tile": "tile_param: {axis: 2, tiles: 3}",
    "Threshold": "threshold_param: {threshold: 0.5}",
}
TWO = {
    "Concat": "concat_param: {axis: 2}",
    "Eltwise": "eltwise_param: {coeff: [1, -0.5]}",
    "Eltwise product": "eltwise_param: {operation: PROD}",
    "Sample": "",
    "Eltwise largest": "eltwise_param: {operation: MAX}",
    "Scale": "",
    "Bias": "",
    "Crop": "crop_param: {axis: 2, offset: [1, 0]}",
}
INPUT = "layer:\n- {name: data, type: Input, top: data, input_param: {shape: {dim: [2, 4, 7, 8]}}}\n"


def net(text: str) -> Net:
    original = Net(parse_net(text, format="yaml"), "TEST", seed=2)
    for name, blobs in original.params.items():
        if name == "BatchNorm":
            for blob in blobs:
                blob.data.uniform_(0.5, 1.5, generator=torch.Generator().manual_seed(1))
    return original


def exported(folder: Path) -> Any:
    """The net that was written to ``net.py``."""
    path = folder / "net.py"
    module: dict[str, Any] = {"__name__": "exported_for_test", "__file__": str(path)}
    exec(compile(path.read_text(), str(path), "exec"), module)
    return module["load"]()


@pytest.mark.parametrize("case", LAYERS)
def test_python_source_agrees_for_each_layer_type(case: str, tmp_path: Path) -> None:
    kind = case.partition(" ")[0]
    field = f", {LAYERS[case]}" if LAYERS[case] else ""
    original = net(f"{INPUT}- {{name: {kind}, type: {kind}, bottom: data, top: out{field}}}\n")
    assert export_python(original, tmp_path / "net.py") <= 1e-5
    assert "layerzoo" not in (tmp_path / "net.py").read_text().replace("written by Layerzoo", "")
    x = torch.rand(3, 4, 7, 8, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        received, expected = exported(tmp_path)(x)["out"], original(x)["out"]
    torch.testing.assert_close(received, expected)  # a batch of another size


@pytest.mark.parametrize("case", TWO)
def test_python_source_agrees_for_layers_with_two_bottoms(case: str, tmp_path: Path) -> None:
    kind = case.partition(" ")[0]
    dim = "[2, 4, 3, 8]" if kind == "Crop" else "[4]" if kind in {"Scale", "Bias"} else "[2, 4, 7, 8]"
    other = f"- {{name: other, type: Input, top: other, input_param: {{shape: {{dim: {dim}}}}}}}\n"
    field = f", {TWO[case]}" if TWO[case] else ", scale_param: {axis: 1}" if kind == "Scale" else ""
    text = f"{INPUT}{other}- {{name: x, type: {kind}, bottom: [data, other], top: out{field}}}\n"
    assert export_python(net(text), tmp_path / "net.py") <= 1e-5


def test_python_source_agrees_for_splits_slices_and_in_place_layers(tmp_path: Path) -> None:
    text = f"""{INPUT}
- {{name: s, type: Slice, bottom: data, top: [a, b], slice_param: {{slice_point: 1}}}}
- {{name: relu, type: ReLU, bottom: a, top: a}}
- {{name: split, type: Split, bottom: b, top: [b1, b2]}}
- {{name: quiet, type: Silence, bottom: b2}}
- {{name: "class", type: Sigmoid, bottom: b1, top: "1st/out"}}
- {{name: twice, type: Concat, bottom: [a, a], top: "for"}}
"""
    original = net(text)
    assert export_python(original, tmp_path / "net.py") == 0
    source = (tmp_path / "net.py").read_text()
    assert "a, b = torch.split(data, [1, 3], 1)\n        a = F.relu(a)" in source
    assert 'return {"1st/out": x_1st_out, "for": x_for}' in source


@pytest.mark.parametrize("name", ["lenet-digits", "autoencoder-digits", "char-lstm"])
def test_exported_net_runs_without_layerzoo(name: str, tmp_path: Path) -> None:
    original = load(name).net
    export_python(original, tmp_path / "net.py")
    feeds = [torch.rand(blob.shape or ()).round() for blob in original.graph.inputs]
    torch.set_printoptions(precision=8)
    program = f"""
import json, sys
sys.modules["layerzoo"] = None
sys.path.insert(0, {str(tmp_path)!r})
import torch, net
inputs = [torch.tensor(one) for one in json.load(sys.stdin)]
with torch.no_grad():
    print(json.dumps({{name: blob.tolist() for name, blob in net.load()(*inputs).items()}}))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", program],
        input=json.dumps([blob.tolist() for blob in feeds]),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    with torch.no_grad():
        expected = original(*feeds)
    for key, values in json.loads(done.stdout).items():
        torch.testing.assert_close(torch.tensor(values), expected[key], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("grid", ["SHIFTED", "CENTRES", "EDGES"])
@pytest.mark.parametrize(
    "fields", ["", "padding: BORDER, x_first: true", "sampler_type: nearest, theta_1_2: 0.5"]
)
def test_spatial_transformers_agree(grid: str, fields: str, tmp_path: Path) -> None:
    count = 5 if "theta" in fields else 6
    theta = f"- {{name: t, type: Input, top: t, input_param: {{shape: {{dim: [2, {count}]}}}}}}\n"
    field = f"st_param: {{pixel_grid: {grid}, output_H: 3, {fields}}}"
    text = f"{INPUT}{theta}- {{name: x, type: SpatialTransformer, bottom: [data, t], top: out, {field}}}\n"
    assert export_python(net(text), tmp_path / "net.py") <= 1e-5


def test_names_from_configs_are_sanitised(tmp_path: Path) -> None:
    """Nothing of a config reaches the source but as an identifier or a quoted text."""
    bad = '\\"\\"\\"\\n__import__(\\"os\\").system(\\"touch owned\\")\\n'
    text = (
        f'name: "{bad}"\n'
        f'layer {{ name: "{bad}" type: "Input" top: "{bad}" input_param {{ shape {{ dim: 1 }} }} }}\n'
        f'layer {{ name: "{bad}x" type: "ReLU" bottom: "{bad}" top: "y{bad}" }}\n'
    )
    original = Net(parse_net(text, format="prototxt"), "TEST")
    export_python(original, tmp_path / "net.py")
    source = (tmp_path / "net.py").read_text()
    assert "__import__(" not in re.sub(r'"(?:[^"\\]|\\.)*"', "", source.split('"""', 4)[4])
    assert not Path("owned").exists()
    with pytest.raises(ExportError, match="invalid file name; use letters"):
        export_python(original, tmp_path / 'x"y.py')


@pytest.mark.parametrize("name", ["roi_pool", "round_away", "torch", "F", "len", "load", "input"])
def test_blobs_and_nets_may_have_the_name_of_a_function_of_the_source(name: str, tmp_path: Path) -> None:
    text = f"""
name: {name}
{INPUT}- {{name: rois, type: Input, top: rois, input_param: {{shape: {{dim: [2, 5]}}}}}}
- {{name: relu, type: ReLU, bottom: data, top: {name}}}
- name: pool
  type: ROIPooling
  bottom: [{name}, rois]
  top: {name}_
  roi_pooling_param: {{pooled_h: 2, pooled_w: 2, spatial_scale: 1}}
- name: again
  type: ROIPooling
  bottom: [{name}, rois]
  top: out
  roi_pooling_param: {{pooled_h: 3, pooled_w: 3}}
"""
    rois = torch.tensor([[0.0, 0, 0, 5, 5], [1, 1, 2, 7, 6]])
    original = net(text)
    assert export_python(original, tmp_path / "net.py", {"rois": rois}) <= 1e-6
    x = torch.rand(2, 4, 7, 8)
    torch.testing.assert_close(exported(tmp_path)(x, rois)["out"], original(x, rois)["out"])


def test_layers_with_the_names_of_others_params_keep_their_own(tmp_path: Path) -> None:
    scale = "type: Scale, scale_param: {filler: {type: gaussian}}"
    text = f"""{INPUT}
- {{name: norm, bottom: data, top: y, {scale}}}
- name: norm_weight
  bottom: y
  top: z
  type: InnerProduct
  inner_product_param: {{num_output: 3, {FILLED}}}
- {{name: norm_weight_, bottom: z, top: out, {scale}}}
"""
    assert export_python(net(text), tmp_path / "net.py") <= 1e-5


def test_unsupported_layers_are_named(tmp_path: Path) -> None:
    original = net(f"{INPUT}- {{name: c, type: ChannelNorm, bottom: data, top: out}}\n")
    with pytest.raises(ExportError, match="can't be written as Python: ChannelNorm"):
        export_python(original, tmp_path / "net.py")
    drawn = net(
        f"{INPUT}- {{name: p, type: Pooling, bottom: data, top: out,"
        " pooling_param: {pool: STOCHASTIC, kernel_size: 2}}\n"
    )
    with pytest.raises(ExportError, match="layer 'p': stochastic pooling"):
        export_python(drawn, tmp_path / "net.py")
    drawn = net(
        f"{INPUT}- {{name: s, type: SPP, bottom: data, top: out,"
        " spp_param: {pool: STOCHASTIC, pyramid_height: 1}}\n"
    )
    with pytest.raises(ExportError, match="layer 's': stochastic pooling"):
        export_python(drawn, tmp_path / "net.py")
    assert list(tmp_path.iterdir()) == []


def test_source_of_argmax_prefers_the_last_of_equal_values(tmp_path: Path) -> None:
    original = net(f"{INPUT}- {{name: a, type: ArgMax, bottom: data, top: out, argmax_param: {{axis: 1}}}}\n")
    export_python(original, tmp_path / "net.py")
    assert exported(tmp_path)(torch.ones(1, 4, 7, 8))["out"].unique().tolist() == [3.0]


def test_source_documents_the_net() -> None:
    source, tensors = python_source(load("lenet-digits").net, "w.safetensors")
    assert "        self.conv1 = nn.Conv2d(1, 20, 5)\n" in source
    assert "        pool1 = F.max_pool2d(conv1, 2, 2)\n" in source
    assert sorted(tensors) == sorted(
        f"{n}.{p}" for n in ("conv1", "conv2", "ip1", "ip2") for p in ("weight", "bias")
    )


def test_user_layers_write_their_own_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Cubed(Layer):
        """The third power."""

        type_name = "Cubed"

        def as_python(self, source: PythonSource, bottoms: Operands) -> str:
            return f"{bottoms.first} ** 3"

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x**3

    monkeypatch.setitem(KNOWN._known, "Cubed", Cubed)
    original = net(f"{INPUT}- {{name: c, type: Cubed, bottom: data, top: out}}\n")
    assert export_python(original, tmp_path / "net.py") <= 1e-5
    assert "out = data ** 3" in (tmp_path / "net.py").read_text()
