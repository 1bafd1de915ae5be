"""ONNX models as configs and weights: models as torch's exporter writes them come back and agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn
from torch.nn import functional as F

from layerzoo.errors import ConfigError, ExportError
from layerzoo.loader import load_net
from layerzoo.migration.from_onnx import from_onnx, layers_of
from layerzoo.migration.onnx_layers import OPERATIONS
from layerzoo.migration.onnx_model import OnnxModel
from layerzoo.net import Net


class Bottleneck(nn.Module):
    """ResNet-50's block (He et al. 2015)."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.down = nn.Sequential(
            nn.Conv2d(channels, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)
        )
        self.project = stride != 1 or channels != 4 * width

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + (self.down(x) if self.project else x))


def resnet50() -> nn.Module:
    blocks: list[nn.Module] = []
    channels = 64
    for stage, (count, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512))):
        for index in range(count):
            blocks.append(Bottleneck(channels, width, 2 if stage and not index else 1))
            channels = 4 * width
    stem = (nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))


class Inverted(nn.Module):
    """MobileNet v2's block (Sandler et al. 2018)."""

    def __init__(self, channels: int, out: int, stride: int, factor: int) -> None:
        super().__init__()
        wide = channels * factor
        layers: list[nn.Module] = []
        if factor != 1:
            layers += [nn.Conv2d(channels, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU6()]
        layers += [
            nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(),
        ]
        layers += [nn.Conv2d(wide, out, 1, bias=False), nn.BatchNorm2d(out)]
        self.layers = nn.Sequential(*layers)
        self.adds = stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y if self.adds else y


def mobilenet_v2() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU6()]
    channels = 32
    plan = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )
    for factor, out, count, stride in plan:
        for index in range(count):
            layers.append(Inverted(channels, out, 1 if index else stride, factor))
            channels = out
    layers += [nn.Conv2d(320, 1280, 1, bias=False), nn.BatchNorm2d(1280), nn.ReLU6(), nn.AdaptiveAvgPool2d(1)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2), nn.Linear(1280, 1000))


class Fire(nn.Module):
    """SqueezeNet's block (Iandola et al. 2016)."""

    def __init__(self, channels: int, squeezed: int, wide: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.one, self.three = nn.Conv2d(squeezed, wide, 1), nn.Conv2d(squeezed, wide, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.one(x)), F.relu(self.three(x))], 1)


def squeezenet() -> nn.Module:
    def pool() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    fires = [Fire(64, 16, 64), Fire(128, 16, 64), pool(), Fire(128, 32, 128), Fire(256, 32, 128), pool()]
    fires += [Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256)]
    first = (nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool())
    last = (nn.Dropout(), nn.Conv2d(512, 1000, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(*first, *fires, *last, nn.Softmax(1))


def exported(module: nn.Module, path: Path, *shape: int, optimised: bool = False) -> Path:
    """Export a module with statistics that aren't the initial ones."""
    torch.manual_seed(3)
    for one in module.modules():
        if isinstance(one, nn.BatchNorm2d):
            assert one.running_mean is not None
            assert one.running_var is not None
            one.running_mean.uniform_(-0.1, 0.1)
            one.running_var.uniform_(0.5, 1.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", open("/dev/null", "w"))  # noqa: SIM115,PTH123 (the exporter prints)
        with torch.no_grad():
            program = torch.onnx.export(
                module.eval(), (torch.rand(*shape),), dynamo=True, verbose=False, optimize=optimised
            )
    assert program is not None
    program.save(str(path))
    return path


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("optimised", [False, True], ids=["as_traced", "optimised"])
@pytest.mark.parametrize(
    ("module", "size", "params"),
    [(resnet50, 64, 25_557_032), (mobilenet_v2, 64, 3_504_872), (squeezenet, 65, 1_235_496)],
)
def test_published_net_comes_back(module, size: int, params: int, optimised: bool, tmp_path: Path) -> None:
    path = exported(module(), tmp_path / "net.onnx", 1, 3, size, size, optimised=optimised)
    net, weights = tmp_path / "net.prototxt", tmp_path / "net.caffemodel"
    assert from_onnx(path, net, weights) < 1e-5
    again = Net(load_net(net), weights=weights, strict=True)
    counted = sum(p.count for p in again.graph.params if p.own.learns)
    assert counted == params or (optimised and counted < params)  # the exporter may fold BatchNorm


def write(path: Path, nodes: list, shape: tuple[int, ...], **constants: np.ndarray) -> Path:
    """Write a model of nodes from ``x`` to ``y``."""
    weights = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", *shape[1:]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)
    return path


RNG = np.random.default_rng(1)


def some(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def node(kind: str, *inputs: str, **attributes: object) -> list:
    return [helper.make_node(kind, list(inputs), ["y"], **attributes)]


SMALL = {
    "asymmetric_conv": (node("Conv", "x", "w", pads=[0, 1, 2, 1], strides=[2, 1]), {"w": some(4, 3, 3, 3)}),
    "same_conv": (
        node("Conv", "x", "w", "b", auto_pad="SAME_UPPER", strides=[2, 2]),
        {"w": some(4, 3, 3, 3), "b": some(4)},
    ),
    "grouped_transposed": (
        node("ConvTranspose", "x", "w", strides=[2, 2], pads=[1, 1, 1, 1], group=3),
        {"w": some(3, 2, 4, 4)},
    ),
    "average_counting_pads": (
        node("AveragePool", "x", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1),
        {},
    ),
    "max_ceil": (node("MaxPool", "x", kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1), {}),
    "max_floor": (node("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2]), {}),
    "leaky": (node("LeakyRelu", "x", alpha=0.2), {}),
    "elu": (node("Elu", "x", alpha=0.7), {}),
    "prelu": (node("PRelu", "x", "s"), {"s": some(3, 1, 1)}),
    "scale_by_constant": (node("Mul", "x", "c"), {"c": some(1, 3, 1, 1)}),
    "less_a_constant": (node("Sub", "x", "c"), {"c": some(3, 1, 1)}),
    "divided_by_a_number": (node("Div", "x", "c"), {"c": np.float32(4).reshape(())}),
    "rows_plus_a_vector": (node("Add", "x", "c"), {"c": some(9)}),
    "softmax_of_rows": (node("Softmax", "x", axis=-1), {}),
    "permuted": (node("Transpose", "x", perm=[0, 2, 3, 1]), {}),
    "square_root_of_one_plus": (
        [
            helper.make_node("Abs", ["x"], ["a"]),
            helper.make_node("Add", ["a", "one"], ["b"]),
            helper.make_node("Sqrt", ["b"], ["c"]),
            helper.make_node("Neg", ["c"], ["y"]),
        ],
        {"one": np.float32(1).reshape(())},
    ),
    "attention_of_channels": (
        [
            helper.make_node("GlobalAveragePool", ["x"], ["g"]),
            helper.make_node("Sigmoid", ["g"], ["s"]),
            helper.make_node("Mul", ["x", "s"], ["y"]),
        ],
        {},
    ),
    "split_and_joined": (
        [
            helper.make_node("Split", ["x"], ["a", "b", "c"], axis=1, num_outputs=3),
            helper.make_node("Concat", ["c", "a", "b"], ["y"], axis=1),
        ],
        {},
    ),
    "reshaped_by_its_own_shape": (
        [
            helper.make_node("Shape", ["x"], ["shape"]),
            helper.make_node("Gather", ["shape", "zero"], ["batch"], axis=0),
            helper.make_node("Concat", ["batch", "rest"], ["to"], axis=0),
            helper.make_node("Reshape", ["x", "to"], ["flat"]),
            helper.make_node("Gemm", ["flat", "w", "b"], ["y"], transB=1, alpha=0.5, beta=2.0),
        ],
        {"zero": np.array([0]), "rest": np.array([-1]), "w": some(5, 216), "b": some(5)},
    ),
    "nearest": (
        node(
            "Resize",
            "x",
            "",
            "f",
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        ),
        {"f": np.array([1, 1, 2, 2], np.float32)},
    ),
    "linear": (
        node("Resize", "x", "", "f", mode="linear", coordinate_transformation_mode="align_corners"),
        {"f": np.array([1, 1, 2, 2], np.float32)},
    ),
    "lrn": (node("LRN", "x", size=3, alpha=0.1, beta=0.75, bias=2.0), {}),
}


@pytest.mark.parametrize("name", SMALL)
def test_small_model_agrees(name: str, tmp_path: Path) -> None:
    nodes, constants = SMALL[name]
    path = write(tmp_path / "m.onnx", nodes, (1, 3, 8, 9), **constants)
    assert from_onnx(path, tmp_path / "n.yaml", tmp_path / "n.safetensors") < 1e-5
    assert Net(load_net(tmp_path / "n.yaml"), weights=tmp_path / "n.safetensors", lenient=True).outputs


def test_all_nodes_that_no_layer_computes_are_named(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Erf", ["x"], ["a"]),
        helper.make_node("Erf", ["a"], ["b"]),
        helper.make_node("Resize", ["b", "", "f"], ["y"], mode="cubic"),
    ]
    path = write(tmp_path / "m.onnx", nodes, (1, 3, 8, 9), f=np.array([1, 1, 2, 2], np.float32))
    with pytest.raises(ConfigError) as caught:
        from_onnx(path, tmp_path / "n.prototxt", tmp_path / "n.caffemodel")
    assert [fault.message.removeprefix(f"{path}: ") for fault in caught.value.faults] == [
        "Erf: no layer computes it (2 nodes)",
        "Resize: a resize of mode cubic, half_pixel, from (8, 9) to (16, 18)",
    ]
    assert not (tmp_path / "n.prototxt").exists()


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"\x08\x07no model")
    with pytest.raises(ConfigError, match="not an ONNX model"):
        OnnxModel(path)
    write(path, node("Conv", "x", "w"), (1, 3, 8, 9), w=some(4, 3, 3, 3))
    model = onnx.load(path)
    model.graph.initializer[0].raw_data = b"short"
    onnx.save(model, path)
    with pytest.raises(ConfigError, match="tensor 'w' is damaged"):
        OnnxModel(path)
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ConfigError, match="tensor 'w' is in another file"):
        OnnxModel(path)


def test_net_that_differs_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "m.onnx", node("LeakyRelu", "x", alpha=0.2), (1, 3, 8, 9))
    monkeypatch.setitem(OPERATIONS, "LeakyRelu", lambda net, found, has: net.layer(found, "Sigmoid") and None)
    with pytest.raises(ExportError, match="deviates"):
        from_onnx(path, tmp_path / "n.prototxt", tmp_path / "n.caffemodel")
    assert not (tmp_path / "n.prototxt").exists()


def test_layers_have_the_names_of_nodes(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"], name="first relu"),
        helper.make_node("Tanh", ["a"], ["y"]),
    ]
    made = layers_of(OnnxModel(write(tmp_path / "m.onnx", nodes, (2, 3))), "net")
    assert [(layer.name, layer.type) for layer in made.message.layer] == [
        ("x", "Input"),
        ("first_relu", "ReLU"),
        ("y", "TanH"),
    ]
    assert made.message.layer[0].input_param.shape[0].dim == [1, 3]
