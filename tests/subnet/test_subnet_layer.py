"""Layers that run a subnet, in nets: params, weights, random numbers, statistics, phases."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch

from layerzoo import pycaffe as caffe
from layerzoo.cli.main import main
from layerzoo.errors import ConfigError
from layerzoo.net import Net
from tests.subnet.layers import inputs, net_of, values

BODY = """body {
  layer { name: "x" type: "Input" top: "x" }
  layer { name: "h" type: "Input" top: "h" input_param { shape { dim: -1 dim: 3 } } }
  layer { name: "ix" type: "InnerProduct" bottom: "x" top: "ix" param { name: "W" lr_mult: 3 }
    param { lr_mult: 0 } inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
  layer { name: "bn" type: "BatchNorm" bottom: "ix" top: "n" }
  layer { name: "drop" type: "Dropout" bottom: "n" top: "n" include { phase: TRAIN } }
  layer { name: "sum" type: "Eltwise" bottom: "n" bottom: "h" top: "h1" } }"""
RECURRENT = f"""layer {{ name: "%s" type: "Recurrent" bottom: "x" top: "%s" subnet_param {{
  carry {{ blob: "h1" input: "h" }} output: "h1" {BODY} }} }}"""
TEXT = (
    inputs(x=(4, 2, 3))
    + RECURRENT % ("r", "y")
    + 'layer { name: "l" type: "Reduction" bottom: "y" top: "l" loss_weight: 1 }'
)


def test_params_have_the_paths_fillers_and_multipliers_of_their_layers() -> None:
    net = net_of(TEXT)
    assert list(net.params) == ["r/ix", "r/bn"]
    assert [(param.shared_name, param.lr_mult, param.own.learns) for param in net.graph.params] == [
        ("W", 3, True),
        ("", 0, True),
        ("", 0, False),
        ("", 0, False),
        ("", 0, False),
    ]
    assert [param.requires_grad for param in net.learnable] == [True, False, False, False, False]
    assert 0 < net.params["r/ix"][0].std() < 1


def test_fillers_depend_on_the_path_alone() -> None:
    one, other = net_of(TEXT), net_of(TEXT)
    assert torch.equal(one.params["r/ix"][0], other.params["r/ix"][0])
    renamed = net_of(TEXT.replace('name: "r"', 'name: "s"'))
    assert not torch.equal(one.params["r/ix"][0], renamed.params["s/ix"][0])


@pytest.mark.parametrize("suffix", [".safetensors", ".caffemodel", ".h5"])
def test_weights_files_hold_params_by_path(tmp_path: Path, suffix: str) -> None:
    net = net_of(TEXT)
    net(values(4, 2, 3))
    path = tmp_path / f"w{suffix}"
    net.save_weights(path, diffs=suffix != ".safetensors")
    report = net_of(TEXT, phase="TEST", seed=5).load_weights(path, strict=True)
    assert sorted(report.loaded) == ["r/bn/0", "r/bn/1", "r/bn/2", "r/ix/0", "r/ix/1"]
    other = net_of(TEXT, phase="TEST", weights=path)
    for name, blobs in net.params.items():
        assert all(map(torch.equal, blobs, other.params[name]))


def test_params_of_a_name_are_shared_with_layers_outside_and_other_subnets() -> None:
    outside = """layer { name: "ip" type: "InnerProduct" bottom: "x" top: "z" param { name: "W" }
      inner_product_param { num_output: 3 axis: 2 } }"""
    net = net_of(TEXT + RECURRENT % ("s", "v") + outside)
    (weight,) = net.params["ip"][:1]
    assert net.params["r/ix"][0] is weight
    assert net.params["s/ix"][0] is weight
    assert net.params["s/ix"][1] is not net.params["r/ix"][1]


def test_nets_of_two_phases_share_params_and_statistics() -> None:
    train = net_of(TEXT)
    test = net_of(TEXT, phase="TEST", share=train)
    train(values(4, 2, 3))
    assert all(
        a is b for name in train.params for a, b in zip(train.params[name], test.params[name], strict=True)
    )
    assert test.params["r/bn"][2].item() == pytest.approx(sum(0.999**i for i in range(4)))  # four steps


def test_phase_rules_hold_inside() -> None:
    x = values(4, 2, 3)
    test = net_of(TEXT, phase="TEST")
    assert [layer.name for layer in test.graph.layers[1].inner[0].graph.layers] == [
        "x",
        "h",
        "ix",
        "bn",
        "sum",
    ]
    assert torch.equal(test(x)["l"], test(x)["l"])


def test_random_numbers_depend_on_seed_pass_path_and_step() -> None:
    text = (
        TEXT.replace("InnerProduct", "Power")
        .replace("BatchNorm", "Power")
        .replace('param { name: "W" lr_mult: 3 }', "")
    )
    text = text.replace("param { lr_mult: 0 }", "").replace(
        'inner_product_param { num_output: 3 weight_filler { type: "xavier" } }', ""
    )
    x = torch.ones(4, 64, 3)

    def drops(net: Net) -> torch.Tensor:
        net(x)
        return net.blobs["y"].diff(dim=0, prepend=torch.zeros(1, 64, 3))

    text = text.replace("dim: 2", "dim: 64")
    net = net_of(text, seed=3)
    first, second = drops(net), drops(net)
    assert not any(torch.equal(first[i], first[j]) for i in range(4) for j in range(i))
    assert not torch.equal(first, second)
    assert torch.equal(drops(net_of(text, seed=3)), first)
    assert not torch.equal(drops(net_of(text, seed=4)), first)
    assert not torch.equal(drops(net_of(text.replace('name: "r"', 'name: "q"'), seed=3)), first)
    net.clock.batch = 0
    assert torch.equal(drops(net), first)


NESTED = (
    inputs(x=(3, 2, 4))
    + """
layer { name: "loop" type: "Loop" bottom: "x" top: "y" subnet_param { times: 2 output: "s" body {
  layer { name: "in" type: "Input" top: "x" }
  layer { name: "r" type: "Recurrent" bottom: "x" top: "s" subnet_param { carry { blob: "h1" input: "h" }
    body { layer { name: "x" type: "Input" top: "x" }
      layer { name: "h" type: "Input" top: "h" input_param { shape { dim: -1 dim: 4 } } }
      layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 4
        weight_filler { type: "xavier" } } }
      layer { name: "h1" type: "Eltwise" bottom: "ip" bottom: "h" top: "h1" } } } } } } }
"""
)


def test_subnet_in_a_subnet() -> None:
    net = net_of(NESTED)
    assert list(net.params) == ["loop/0/r/ip", "loop/1/r/ip"]
    expected = x = values(3, 2, 4)
    for name in net.params:
        weight, bias = net.params[name]
        expected = (expected @ weight.t() + bias).cumsum(0)
    torch.testing.assert_close(net(x)["y"], expected)
    (loop,) = (layer for layer in net.graph.layers if layer.inner)
    assert net.graph.macs(loop) == 2 * 3 * 2 * 4 * 4


def test_copies_compute_with_params_of_their_own() -> None:
    net = net_of(NESTED)
    twin, x = copy.deepcopy(net), values(3, 2, 4)
    expected = net(x)["y"].detach()
    with torch.no_grad():
        for blobs in net.params.values():
            blobs[0].zero_()
    torch.testing.assert_close(twin(x)["y"], expected)
    assert not torch.equal(net(x)["y"], expected)


def test_batch_of_a_pass_may_differ_from_the_configs() -> None:
    assert net_of(NESTED)(values(5, 7, 4))["y"].shape == (5, 7, 4)


def test_values_of_params_in_the_layers_message_are_taken() -> None:
    blobs = "blobs { shape { dim: 4 dim: 4 } %s } blobs { shape { dim: 4 } data: 5 data: 5 data: 5 data: 5 }"
    blobs %= "data: 2 " * 16
    net = net_of(NESTED.replace('type: "Loop"', f'type: "Loop" {blobs} {blobs}'))
    assert [blob.unique().tolist() for blobs in net.params.values() for blob in blobs] == [[2], [5], [2], [5]]


TRAINED = (
    """layer { name: "x" type: "DummyData" top: "x" dummy_data_param {
  shape { dim: 4 dim: 2 dim: 3 } data_filler { type: "gaussian" } } }
"""
    + RECURRENT % ("r", "y")
    + """
layer { name: "sums" type: "Reduction" bottom: "y" top: "sums" reduction_param { axis: 1 } }
layer { name: "sign" type: "Threshold" bottom: "sums" top: "flag" }
layer { name: "if" type: "If" bottom: "flag" bottom: "y" top: "z" loss_weight: 1 subnet_param {
  per_sample: true body { layer { name: "x" type: "Input" top: "x" }
    layer { name: "drop" type: "Dropout" bottom: "x" top: "y" } } } }
"""
)


@pytest.fixture
def solver(tmp_path: Path) -> Path:
    """A solver of a net with subnets: statistics, random numbers, a condition."""
    (tmp_path / "net.prototxt").write_text(TRAINED)
    path = tmp_path / "solver.prototxt"
    path.write_text(
        'net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 max_iter: 4 random_seed: 3 '
        f'snapshot_prefix: "{tmp_path}/run" display: 0'
    )
    return path


def test_resumed_run_is_the_same(solver: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify_resume", "-solver", str(solver)]) == 0
    out = capsys.readouterr().out
    assert "weights" in out
    assert "differ" not in out


def test_freeze_names_layers_of_subnets(solver: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solver.write_text(solver.read_text() + ' freeze: "r/i?"')
    assert main(["check", "-solver", str(solver)]) == 2
    assert "freeze leaves no param to learn" in capsys.readouterr().err
    solver.write_text(solver.read_text().replace("r/i?", "r/iy"))
    assert main(["check", "-solver", str(solver)]) == 2
    assert "did you mean 'r/ix'?" in capsys.readouterr().err


def test_python_interface_shows_blobs_and_params_of_the_layer(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(TEXT)
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TRAIN)
    net.blobs["x"].data[...] = values(4, 2, 3).numpy()
    net.params["r"][0].data[...] = 0
    net.forward()
    assert net.blobs["y"].data.shape == (4, 2, 3)
    net.backward()
    assert [blob.data.shape for blob in net.params["r"]] == [(3, 3), (3,), (3,), (3,), (1,)]
    assert net.params["r"][0].diff.any()
    net.save(str(tmp_path / "w.caffemodel"))
    other = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    other.copy_from(str(tmp_path / "w.caffemodel"))
    for one, two in zip(net.params["r"], other.params["r"], strict=True):
        assert (one.data == two.data).all()
    net.blobs["x"].reshape(7, 2, 3)
    net.reshape()
    assert net.blobs["y"].data.shape == (7, 2, 3)


def test_fault_in_a_pass_stands_at_the_line_of_the_inner_layer() -> None:
    net = net_of(
        inputs(x=(2,))
        + """
layer { name: "l" type: "Loop" bottom: "x" top: "y" subnet_param { times: 3 share_params: true body {
  layer { name: "x" type: "Input" top: "x" }
  layer { name: "if" type: "If" bottom: "x" bottom: "x" top: "y" subnet_param { body {
    layer { name: "q" type: "Input" top: "q" }
    layer { name: "less" type: "Power" bottom: "q" top: "r" power_param { shift: -1 } } } } } } } }"""
    )
    assert net(torch.tensor([7.0, 7.0]))["y"].tolist() == [4, 4]
    with pytest.raises(ConfigError) as caught:
        net(torch.tensor([3.0, 2.0]))
    (fault,) = caught.value.faults
    assert fault.layer == "l/2/if"
    assert "the condition is 0 for 1 of 2 samples" in fault.message
    assert fault.origin is not None
    assert str(fault.origin).startswith("<prototxt>:4:")
