"""User's layers that create params and submodules in ``__init__``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from layerzoo.errors import ConfigError
from layerzoo.layer import LAYERS, Layer, OwnParam, Shape, register
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.net.params import hold
from layerzoo.pycaffe import Net as CaffeNet
from layerzoo.schema import LayerParameter

INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }'
NAMES = [
    *("0", "offset", "fc.weight", "fc.bias", "bn.weight", "bn.bias"),
    *("bn.running_mean", "bn.running_var", "bn.num_batches_tracked"),
]


@pytest.fixture(autouse=True)
def block() -> Iterator[type[Layer]]:
    """A registered layer with a declared param, one made in ``__init__``, and two submodules."""

    @register
    class BlockForTest(Layer):
        param_names = ("scale",)

        @classmethod
        def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
            return [OwnParam("scale", (1,))]

        def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
            super().__init__(param, bottom_shapes)
            channels = bottom_shapes[0][1]
            self.fc = nn.Linear(channels, channels)
            self.bn = nn.BatchNorm1d(channels)
            self.offset = nn.Parameter(torch.randn(channels))

        def forward(self, x: Tensor) -> Tensor:
            scaled: Tensor = self.bn(self.fc(x)) * (1 + self.scale) + self.offset
            return scaled

    yield BlockForTest
    del LAYERS._known["BlockForTest"]


def block_net(inside: str = "", more: str = "", **options: object) -> Net:
    text = f'{INPUT} layer {{ name: "b" type: "BlockForTest" bottom: "x" top: "y" {inside} }} {more}'
    return Net(parse_net(text), **options)  # type: ignore[arg-type]


def test_params_of_submodules_come_after_declared_ones() -> None:
    net = block_net("param { lr_mult: 3 } param { } param { lr_mult: 2 decay_mult: 0 }")
    assert [tuple(blob.shape) for blob in net.params["b"]] == [(1,), (3,), (3, 3), (3,), (3,), (3,)]
    assert net.weights["b"].names == NAMES
    assert [(p.own.name, p.lr_mult, p.decay_mult) for p in net.graph.params][:4] == [
        ("scale", 3, 1),
        ("offset", 1, 1),
        ("fc.weight", 2, 0),
        ("fc.bias", 1, 1),
    ]


def test_param_specs_beyond_the_blobs_are_a_fault() -> None:
    with pytest.raises(ConfigError, match="7 param for a layer with 6 param blobs"):
        block_net("param { } " * 7)


def test_build_draws_from_seed_and_name_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = block_net(seed=3)
    assert torch.equal(torch.get_rng_state(), before), "building a net leaves torch's generator alone"
    torch.rand(5)
    again, other = block_net(seed=3), block_net(seed=4)
    for blob, same in zip(first.params["b"], again.params["b"], strict=True):
        assert torch.equal(blob, same)
    assert not torch.equal(first.params["b"][2], other.params["b"][2])


def test_net_on_meta_holds_no_memory() -> None:
    net = block_net(device="meta")
    assert all(blob.is_meta for blob in net.weights["b"])


@pytest.mark.parametrize("suffix", ["safetensors", "caffemodel", "h5"])
def test_weights_go_through_files(tmp_path: Path, suffix: str) -> None:
    net, other = block_net(phase="TRAIN", seed=3), block_net(seed=4)
    net(x=torch.randn(4, 3))
    net.save_weights(tmp_path / f"w.{suffix}")
    report = other.load_weights(tmp_path / f"w.{suffix}", strict=True)
    assert len(report.loaded) == len(NAMES)
    for blob, loaded in zip(net.weights["b"], other.weights["b"], strict=True):
        assert torch.equal(blob, loaded)
    assert other.weights["b"][-1] == 1  # num_batches_tracked


def test_weights_of_submodules_go_by_name(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    net = block_net(seed=3)
    net.save_weights(tmp_path / "w.safetensors")
    stored = load_file(tmp_path / "w.safetensors")
    assert set(stored) == {f"b/{name}" for name in NAMES}
    del stored["b/fc.weight"]
    save_file(stored, tmp_path / "less.safetensors")  # its tensors come in another order now
    report = block_net(seed=4).load_weights(tmp_path / "less.safetensors")
    assert report.missing == ["b/fc.weight"]
    assert not report.skipped
    assert not report.mismatched


def test_share_with_shares_params_and_buffers() -> None:
    trained = block_net(phase="TRAIN", seed=3)
    tested = block_net(share=trained)
    trained(x=torch.randn(4, 3) + 5)
    for one, other in zip(trained.weights["b"], tested.weights["b"], strict=True):
        assert one.data_ptr() == other.data_ptr()
    x = torch.randn(4, 3)
    mean, var = trained.weights["b"][-3:-1]
    scale, offset, weight, bias, gamma, beta = trained.params["b"]
    expected = ((x @ weight.T + bias - mean) / (var + 1e-5).sqrt() * gamma + beta) * (1 + scale) + offset
    assert torch.allclose(tested(x=x)["y"], expected, atol=1e-6)


def test_params_of_submodules_are_shared_by_name() -> None:
    shared = 'param { } param { } param { name: "w" }'
    second = f'layer {{ name: "c" type: "BlockForTest" bottom: "y" top: "z" {shared} }}'
    net = block_net(shared, second, phase="TRAIN")
    assert net.params["b"][2] is net.params["c"][2]
    assert net.params["b"][3] is not net.params["c"][3]
    net(x=torch.randn(4, 3))["z"].square().sum().backward()
    assert net.params["b"][2].grad is not None
    assert len(net.learnable) == 11


def test_permissive_sharing_of_a_submodules_param_is_refused() -> None:
    inner = 'layer { name: "ip" type: "InnerProduct" bottom: "x" top: "z" '
    inner += 'inner_product_param { num_output: 1 bias_term: false } param { name: "w" } }'
    with pytest.raises(ConfigError, match=r"of a submodule has the shape .* can't be a view"):
        block_net(
            more=f'{inner} layer {{ name: "c" type: "BlockForTest" bottom: "x" top: "v" '
            'param { } param { name: "w" share_mode: PERMISSIVE } }'
        )


def test_caffes_interface_lists_params_of_submodules(tmp_path: Path) -> None:
    (tmp_path / "n.prototxt").write_text(
        f'{INPUT} layer {{ name: "b" type: "BlockForTest" bottom: "x" top: "y" }}'
    )
    net = CaffeNet(str(tmp_path / "n.prototxt"), 1)
    assert [blob.data.shape for blob in net.params["b"]] == [(1,), (3,), (3, 3), (3,), (3,), (3,)]
    net.params["b"][1].data[...] = 7
    net.blobs["x"].data[...] = 0
    net.params["b"][3].data[...] = 0
    assert net.forward()["y"] == pytest.approx(7)


def test_tied_param_stays_tied_when_it_is_replaced() -> None:
    class Tied(Layer):
        def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
            super().__init__(param, bottom_shapes)
            self.one, self.two = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
            self.two.weight = self.one.weight

    layer = Tied.build(LayerParameter(name="t"), [(1, 2)])
    new = nn.Parameter(torch.zeros(2, 2))
    hold(layer, 0, new)
    assert layer.one.weight is new
    assert layer.two.weight is new
