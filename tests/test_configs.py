"""Every config that comes with Layerzoo: it loads, runs, and is as large as what it is named after."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.graph import figures_of
from layerzoo.loader import convert_text, load_net, load_solver
from layerzoo.net import Net, graph_of
from layerzoo.schema import TEST, TRAIN, NetState
from layerzoo.solver import Solver
from layerzoo.survey import states
from layerzoo.survey.examine import settle
from tests.shipped import FOLDER, small

FILES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in {".prototxt", ".yaml"})
SOLVERS = [name for name in FILES if "solver" in name]
NETS = [name for name in FILES if "solver" not in name]
STEMS = [Path(name).stem for name in FILES]
PAIRS = sorted({stem for stem in STEMS if STEMS.count(stem) == 2})
LARGE = (
    "alexnet",
    "caffenet",
    "densenet",
    "faster_rcnn_vgg16",
    "fcn8s",
    "googlenet",
    "mobilenet",
    "pspnet50",
    "resnet",
    "rfcn",
    "segnet",
    "senet",
    "shufflenet",
    "squeezenet",
    "ssd300",
    "vgg",
    "yolov3_tiny",
)

PUBLISHED = {
    # params in TEST; multiply-adds of one image, counted, and as they are rounded in papers
    "alexnet_train_val.prototxt": (60_965_224, 724.4e6, 720e6),
    "caffenet_train_val.yaml": (60_965_224, 724.4e6, 720e6),
    "googlenet_train_val.yaml": (6_998_552, 1_583e6, 1_590e6),
    "vgg16_train_val.yaml": (138_357_544, 15_470e6, 15_500e6),
    "resnet18_train_val.yaml": (11_689_512, 1_814e6, 1_820e6),
    "resnet50_train_val.yaml": (25_557_032, 3_858e6, 3_800e6),
    "densenet121_train_val.yaml": (7_978_856, 2_834.2e6, 2_870e6),
    "mobilenet_v1_train_val.yaml": (4_231_976, 568.7e6, 569e6),
    "mobilenet_v2_train_val.yaml": (3_504_872, 300.8e6, 300e6),
    "senet50_train_val.yaml": (28_088_024, 3_860e6, 3_870e6),
    "shufflenet_v1_train_val.yaml": (1_865_728, 137.5e6, 137e6),
    "squeezenet_train_val.yaml": (1_235_496, 387.8e6, 390e6),
}
"""AlexNet, GoogLeNet and VGG-16 after Canziani, Paszke and Culurciello 2016,
ResNets by He et al. 2015; DenseNet-121 by Huang et al. 2017 (8.0 million params); MobileNet by Howard et al.
2017 (4.2 million params, 569 million multiply-adds), version 2 by Sandler et al. 2018 (3.4 million, 300
million; 3,504,872 params in torchvision); SE-ResNet-50 by Hu et al. 2018 (2.5 million params more than
ResNet-50, 3.87 billion multiply-adds); ShuffleNet by Zhang et al. 2018 (137 million multiply-adds) and
its authors' repository (1.9 million params); SqueezeNet v1.1 has 1.24 million params, 2.4 times fewer
multiply-adds than v1.0 (its authors' repository)."""

VARIANTS = {
    ("resnet", "let.depth=18"): 11_689_512,
    ("resnet", "let.depth=34"): 21_797_672,
    ("resnet", "let.depth=50"): 25_557_032,
    ("resnet", "let.depth=101"): 44_549_160,
    ("resnet", "let.depth=152"): 60_192_808,
    ("vgg", "let.depth=11"): 132_863_336,
    ("vgg", "let.depth=13"): 133_047_848,
    ("vgg", "let.depth=16"): 138_357_544,
    ("vgg", "let.depth=19"): 143_667_240,
    ("densenet", "let.depth=121"): 7_978_856,
    ("densenet", "let.depth=169"): 14_149_480,
    ("densenet", "let.depth=201"): 20_013_928,
    ("mobilenet_v1", "let.width=0.75"): 2_585_560,
    ("mobilenet_v1", "let.width=0.5"): 1_331_592,
    ("mobilenet_v1", "let.width=0.25"): 470_072,
}
"""Params in TEST of nets whose depth or width is a constant; those of torchvision, and of MobileNets of
table 7 of Howard et al. 2017 (2.6, 1.3 and 0.5 million)."""

PARAMS = {
    "faster_rcnn_vgg16_train_test.yaml": 137_078_239,
    "fcn8s_train_val.yaml": 134_369_567,
    "pspnet50_train_val.yaml": 46_782_550,
    "rfcn_resnet50_train_test.yaml": 31_809_603,
    "segnet_train_val.yaml": 29_449_355,
    "ssd300_vgg16_train_test.yaml": 26_285_486,
    "ssd300_mobilenet_train_test.yaml": 5_796_089,
    "faster_rcnn_shapes_train_test.yaml": 320_715,
    "yolov3_shapes_train_test.yaml": 404_180,
    "ssd_shapes_train_test.yaml": 269_236,
    "yolov3_tiny_train_test.yaml": 8_852_366,
    "unet_shapes_train_test.yaml": 352_325,
}
"""Params in TEST. FCN-8s after Long, Shelhamer and Darrell 2015 (134 million), with one filter per class
in each upsampling; of PSPNet-50 and of the nets with published weights, see below; SegNet has 14.7 million
in its encoder (Badrinarayanan et al. 2017) and 29.46 million in all (Paszke et al. 2016, with the
statistics); SSD-300 after Liu et al. 2016 (26.3 million), on MobileNet after chuanqi305 (5.8 million)."""


def test_so_many_are_there() -> None:
    assert (len(NETS), len(SOLVERS)) == (56, 15)
    assert PAIRS == [
        "caffenet_train_val",
        "char_lstm_train_test",
        "densenet121_train_val",
        "faster_rcnn_vgg16_train_test",
        "fcn8s_train_val",
        "googlenet_train_val",
        "lenet_solver",
        "lenet_train_test",
        "mobilenet_v1_train_val",
        "mobilenet_v2_train_val",
        "pspnet50_train_val",
        "resnet18_train_val",
        "resnet50_train_val",
        "rfcn_resnet50_train_test",
        "segnet_train_val",
        "senet50_train_val",
        "shufflenet_v1_train_val",
        "squeezenet_train_val",
        "ssd300_mobilenet_train_test",
        "ssd300_vgg16_train_test",
        "vgg16_train_val",
        "yolov3_tiny_train_test",
    ]


@pytest.mark.parametrize("name", FILES)
def test_its_header_says_what_it_is_and_how_to_run_it(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    header = text[: min(text.find("\nn"), text.find("\nl") % len(text), text.find("\nt") % len(text))]
    assert header.startswith("# ")
    assert "layerzoo " in header
    assert f"configs/{Path(name).stem}" in header or "solver" in header


@pytest.mark.parametrize("stem", PAIRS)
def test_both_formats_say_the_same(stem: str) -> None:
    load = load_solver if stem.endswith("solver") else load_net
    one, other = (load(FOLDER / f"{stem}{suffix}").message for suffix in (".prototxt", ".yaml"))
    if stem.endswith("solver"):
        assert Path(one.net).stem == Path(other.net).stem
        one.net = other.net
    assert one == other


@pytest.mark.parametrize("name", FILES)
def test_it_survives_conversion(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    to, back = ("yaml", "prototxt") if name.endswith(".prototxt") else ("prototxt", "yaml")
    once = convert_text(text, to, format=back)
    assert convert_text(convert_text(once, back, format=to), to, format=back) == once


def nets() -> list[object]:
    """Of a pair one is enough; the large ones take seconds."""
    one_each = [n for n in NETS if not (n.endswith(".yaml") and n.replace(".yaml", ".prototxt") in NETS)]
    slow = [pytest.mark.slow]
    return [pytest.param(name, marks=slow if name.startswith(LARGE) else []) for name in one_each]


@pytest.mark.parametrize("name", nets())
def test_a_net_runs_in_test(name: str) -> None:
    document = load_net(FOLDER / name, small(name))
    run = 0
    for state in states(document.message, stages=()):
        if state.phase == TEST:
            net = Net(document, state=state)
            settle(net)  # an untrained BatchNorm knows no statistics
            with torch.no_grad():
                outputs = net(*[torch.rand(blob.shape or ()) for blob in net.graph.inputs])
            assert all(bool(torch.isfinite(value).all()) for value in outputs.values())
            run += 1
    assert run == 1


@pytest.mark.parametrize("name", nets())
def test_a_net_takes_a_training_step(name: str, tmp_path: Path) -> None:
    file = tmp_path / "solver.prototxt"
    file.write_text(
        f'net: "{FOLDER / name}" base_lr: 1e-9 lr_policy: "fixed" max_iter: 1 random_seed: 1 '
        f'snapshot_prefix: "{tmp_path / "run"}" snapshot_after_train: false solver_mode: CPU'
    )
    solver = Solver(load_solver(file, [f"net.{change}" for change in small(name)]))
    net = solver.net
    settle(net)
    learning = [param for param in net.learnable if param.requires_grad]
    before = [param.detach().clone() for param in learning]
    solver.step(1)
    losses = [net.graph.blobs[blob].name for blob, _ in net.graph.losses]
    assert losses
    assert all(0 < float(net.blobs[name].detach()) < torch.inf for name in losses)
    assert all(p.grad is not None and bool(torch.isfinite(p.grad).all()) for p in learning)
    moved = [not torch.equal(old, new) for old, new in zip(before, learning, strict=True)]
    assert any(moved)


@pytest.mark.parametrize("name", SOLVERS)
def test_a_solver_steps(name: str, tmp_path: Path) -> None:
    text = (FOLDER / name).read_text()
    overrides = [
        f"snapshot_prefix={tmp_path / 'run'}",
        "max_iter=1",
        "snapshot=0",
        "test_initialization=false",
    ]
    overrides += ["snapshot_after_train=false", "solver_mode=CPU"]
    if "alexnet" in text or "cifar10" in text:
        overrides += [f"net.{change}" for change in small(text.split('net: "')[1].split('"')[0])]
    if "weights:" in text:
        pytest.skip("starts from weights that another config publishes first")
    solver = Solver(load_solver(FOLDER / name, overrides))
    before = [param.detach().clone() for param in solver.net.learnable]
    solver.step(1)
    moved = [not torch.equal(old, new) for old, new in zip(before, solver.net.learnable, strict=True)]
    assert solver.iteration == 1
    assert any(moved)


@pytest.mark.parametrize("name", PUBLISHED)
def test_it_is_as_large_as_published(name: str) -> None:
    params, macs, published = PUBLISHED[name]
    graph = graph_of(load_net(FOLDER / name, small(name)), NetState(phase=TEST))
    found = figures_of(graph)
    assert found.params == params
    assert found.macs / 2 == pytest.approx(macs, rel=0.001)
    assert found.macs / 2 == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize(("stem", "change"), VARIANTS)
def test_each_depth_and_width_is_as_large_as_published(stem: str, change: str) -> None:
    name = f"{stem}_train_val.yaml"
    graph = graph_of(load_net(FOLDER / name, [*small(name), change]), NetState(phase=TEST))
    assert figures_of(graph).params == VARIANTS[stem, change]


@pytest.mark.parametrize(
    ("stem", "change", "flat"),
    [
        ("resnet", "let.depth=18", "resnet18"),
        ("resnet", "let.depth=50", "resnet50"),
        ("vgg", "let.depth=16", "vgg16"),
        ("densenet", "let.depth=121", "densenet121"),
    ],
)
def test_net_of_blocks_is_the_flat_one(stem: str, change: str, flat: str) -> None:
    expanded = load_net(FOLDER / f"{stem}_train_val.yaml", [change]).message
    assert expanded == load_net(FOLDER / f"{flat}_train_val.prototxt").message


@pytest.mark.parametrize(
    ("depth", "names"),
    [
        (34, ["res2a", "res2b", "res2c", "res3a", "res3b", "res3c", "res3d"]),
        (50, ["res2a", "res2b", "res2c", "res3a", "res3b", "res3c", "res3d"]),
        (101, ["res2a", "res2b", "res2c", "res3a", "res3b1", "res3b2", "res3b3"]),
        (152, ["res2a", "res2b", "res2c", "res3a", "res3b1", "res3b2", "res3b3"]),
    ],
)
def test_resnets_have_the_names_of_published_weights(depth: int, names: list[str]) -> None:
    net = load_net(FOLDER / "resnet_train_val.yaml", [f"let.depth={depth}"]).message
    sums = [layer.name for layer in net.layer if layer.type == "Eltwise"]
    assert sums[: len(names)] == names
    assert sums[-3:] == ["res5a", "res5b", "res5c"]


@pytest.mark.parametrize("layers", [101, 152])
def test_deep_resnets_have_the_published_layers(layers: int, shared: Path) -> None:
    """The layers of the net that its weights were published with; its data layers and conv1's bias apart."""
    folder = shared / "corpus" / "soeaver+caffe-model" / "cls" / "resnet"
    published = load_net(folder / f"deploy_resnet{layers}.prototxt").message
    ours = load_net(FOLDER / "resnet_train_val.yaml", [f"let.depth={layers}"]).message
    learned = ("Convolution", "Scale", "InnerProduct")
    names = [layer.name for layer in published.layer if layer.type in learned]
    assert sorted(layer.name for layer in ours.layer if layer.type in learned) == sorted(names)


@pytest.mark.parametrize("name", PARAMS)
def test_it_has_as_many_params_as_published(name: str) -> None:
    graph = graph_of(load_net(FOLDER / name, small(name)), NetState(phase=TEST))
    assert figures_of(graph).params == PARAMS[name]


def test_googlenets_heads_for_training_are_extra() -> None:
    graph = graph_of(load_net(FOLDER / "googlenet_train_val.yaml"), NetState(phase=TRAIN))
    assert figures_of(graph).params == 13_378_280


def test_pspnet_is_as_large_as_its_formula_says() -> None:
    """ResNet-50 with three convolutions in the place of the first one, and the layers after conv5_3."""
    stem = 9 * (3 * 64 + 64 * 64 + 64 * 128) + 2 * (64 + 64 + 128)
    body = 25_557_032 - 2049 * 1000 - (147 * 64 + 2 * 64) + stem + (128 - 64) * (64 + 256)
    averages = 4 * (2048 * 512 + 2 * 512)
    scores = 9 * (2048 + 4 * 512) * 512 + 2 * 512 + (512 + 1) * 150
    assert PARAMS["pspnet50_train_val.yaml"] == body + averages + scores


def test_faster_rcnn_is_as_large_as_its_published_weights() -> None:
    """VGG16_faster_rcnn_final.caffemodel has 548,317,115 bytes; each layer's name and shapes take some."""
    graph = graph_of(load_net(FOLDER / "faster_rcnn_vgg16_train_test.yaml"), NetState(phase=TEST))
    names = 548_317_115 - 4 * figures_of(graph).params
    assert 0 < names < 100 * len(graph.layers)


def test_rfcn_is_as_large_as_its_formula_says() -> None:
    """ResNet-50 with a bias in its first layer, and the layers after res4f and res5c."""
    body = 25_557_032 - 2049 * 1000 + 64
    proposals = (9 * 1024 + 1) * 512 + 513 * 9 * (2 + 4)
    scores = 2049 * 1024 + 1025 * 7**2 * (21 + 8)
    assert PARAMS["rfcn_resnet50_train_test.yaml"] == body + proposals + scores


def test_yolov3_tiny_is_as_large_as_its_published_weights() -> None:
    """yolov3-tiny.weights has 35,434,956 bytes: a header of 20, and floats, with mean and variance."""
    graph = graph_of(load_net(FOLDER / "yolov3_tiny_train_test.yaml"), NetState(phase=TEST))
    normalised = [layer for layer in graph.layers if layer.param.type == "BatchNorm"]
    channels = sum((graph.blobs[layer.tops[0]].shape or ())[1] for layer in normalised)
    assert 20 + 4 * (figures_of(graph).params + 2 * channels) == 35_434_956


def test_yolov3_tiny_pools_layer_12_as_darknet_does() -> None:
    """Windows of 2 x 2 with a stride of 1; the last row and column reach past the edge."""
    name = "yolov3_tiny_train_test.yaml"
    net = Net(load_net(FOLDER / name, small(name)), state=NetState(phase=TEST))
    with torch.no_grad():
        net(end="layer12-crop")
    padded = torch.nn.functional.pad(net.blobs["layer11-conv"], (0, 1, 0, 1), value=-torch.inf)
    assert torch.equal(net.blobs["layer12-maxpool"], torch.nn.functional.max_pool2d(padded, 2, stride=1))


def test_the_lstm_is_as_large_as_its_formula_says() -> None:
    graph = graph_of(load_net(FOLDER / "char_lstm_train_test.yaml"), NetState(phase=TEST))
    embed, lstm, score = 33 * 32, 4 * 128 * (32 + 128 + 1), 33 * (128 + 1)
    assert figures_of(graph).params == embed + lstm + score


def test_mobilenet_is_as_large_as_published(shared: Path) -> None:
    """Howard et al. 2017: 4.2 million params, 569 million multiply-adds."""
    path = shared / "corpus" / "shicai+MobileNet-Caffe" / "mobilenet_deploy.prototxt"
    found = figures_of(graph_of(load_net(path), NetState(phase=TEST)))
    assert found.params == 4_231_976
    assert found.macs == pytest.approx(569e6, rel=0.01)
