"""Runs of nets in which layers share a name: nothing is lost in snapshots, resume and publish."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

import h5py
import pytest
import torch

from layerzoo.cli.main import main
from layerzoo.engine.precision.layer_precision import layer_types
from layerzoo.loader import parse_solver
from layerzoo.net import Net
from layerzoo.schema import NetParameter
from layerzoo.solver import Solver
from layerzoo.weights import read
from layerzoo.zoo import load

FOUND = Path(__file__).parents[1] / "data/findings"
NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" size: 8 batch_size: 16 } }
layer { name: "i" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 10
        weight_filler { type: "xavier" } } }
layer { name: "i" type: "InnerProduct" bottom: "a" top: "b" inner_product_param { num_output: 10
        weight_filler { type: "xavier" } } }
layer { type: "InnerProduct" bottom: "b" top: "c" inner_product_param { num_output: 10
        weight_filler { type: "xavier" } } }
layer { name: "i#2" type: "InnerProduct" bottom: "c" top: "e" inner_product_param { num_output: 10
        weight_filler { type: "xavier" } } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "e" bottom: "t" top: "l" }
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    return tmp_path


def solver(text: str = "", net: str = NET, prefix: str = "r") -> Solver:
    base = 'base_lr: 0.05 momentum: 0.9 lr_policy: "fixed" random_seed: 5 solver_mode: CPU max_iter: 6'
    return Solver(
        parse_solver(f'{base} snapshot: 3 snapshot_prefix: "{prefix}" {text} net_param {{ {net} }}')
    )


def bits(of: Solver) -> list[torch.Tensor]:
    return [*of.net.learnable, *of.run.rule.history]


@pytest.mark.parametrize("found", ["dup_names_solver.prototxt"])
def test_finding_is_trained_resumed_and_published(
    in_folder: Path, found: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for path in FOUND.glob("dup_names_*"):
        shutil.copy(path, in_folder)
    assert main(["train", "-solver", found, "-gpu", "none"]) == 0
    warned = (
        r"warning: dup_names_net\.prototxt:3:15: this layer and the one at dup_names_net\.prototxt:2:15 have"
    )
    assert re.search(warned.removeprefix("warning: "), capfd.readouterr().err)
    (in_folder / "K.run/iter_6").rename("whole")
    assert main(["train", "-solver", found, "-gpu", "none", "-resume", "auto"]) == 0
    for file in ("weights.safetensors", "state.safetensors"):
        assert (in_folder / "whole" / file).read_bytes() == (in_folder / "K.run/iter_6" / file).read_bytes()
    shapes = {
        key: [tuple(b.shape) for b in blobs] for key, blobs in read("whole/weights.safetensors").items()
    }
    assert shapes == {"i": [(10, 784), (10,)], "i#2": [(10, 10), (10,)]}
    capfd.readouterr()
    assert main(["check", "-solver", found]) == 0
    assert re.search(warned, capfd.readouterr().err)
    assert main(["zoo", "publish", "K.run", "-name", "dup"]) == 0
    assert main(["zoo", "verify", "dup"]) == 0
    assert main(["test", "-zoo", "dup", "-gpu", "none"]) == 0
    loaded = load("dup").net.params  # which compares the outputs with the golden ones
    assert {key: tuple(blobs[0].shape) for key, blobs in loaded.items()} == {"i": (10, 784), "i#2": (10, 10)}


@pytest.mark.parametrize("snapshot_format", ["", "snapshot_format: BINARYPROTO", "snapshot_format: HDF5"])
def test_resume_is_exact(in_folder: Path, snapshot_format: str) -> None:
    whole = solver(snapshot_format)
    assert whole.solve() == 0
    suffix = ".h5" if "HDF5" in snapshot_format else ""
    snapshot = f"r_iter_3.solverstate{suffix}" if snapshot_format else "r.run/iter_3"
    resumed = solver(snapshot_format, prefix="s")
    assert not torch.equal(resumed.net.learnable[2], whole.net.learnable[2])
    assert resumed.solve(snapshot) == 0
    assert all(map(torch.equal, bits(resumed), bits(whole)))


def test_resume_keeps_the_averages(in_folder: Path) -> None:
    whole = solver("ema_param { decay: 0.5 }")
    whole.solve()
    resumed = solver("ema_param { decay: 0.5 }", prefix="s")
    resumed.solve("r.run/iter_3")
    assert whole.run.average is not None
    assert resumed.run.average is not None
    assert all(map(torch.equal, resumed.run.average.means, whole.run.average.means))
    assert not torch.equal(whole.run.average.means[0], whole.net.learnable[0])


def test_params_of_layers_of_a_name_differ(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        net = solver().net
    assert list(net.params) == ["i", "i##2", "innerproduct3", "i#2"]
    assert "have the name 'i' and params of their own" in caplog.text
    assert net.layer("i##2").blobs[0].shape == (10, 10)
    assert not torch.equal(net.params["i##2"][0], net.params["i#2"][0]), "fillers draw for each layer"
    net.save_weights("w.safetensors")
    other = Net(net.graph, seed=9)
    assert other.load_weights("w.safetensors", strict=True).complete
    assert all(map(torch.equal, other.learnable, net.learnable))


def test_freeze_takes_all_layers_of_a_name() -> None:
    made = solver('freeze: "i"')
    before = [param.clone() for param in made.net.learnable]
    made.step(1)
    same = [bool(torch.equal(a, b)) for a, b in zip(made.net.learnable, before, strict=True)]
    assert same == [True] * 4 + [False] * 4


def test_layer_precision_takes_all_layers_of_a_name() -> None:
    made = solver('layer_precision { layer: "i" precision: BF16 }')
    types = layer_types(made.net.graph, made.param)
    assert types[1:5] == [torch.bfloat16, torch.bfloat16, torch.float32, torch.float32]


def test_test_net_shares_layers_of_a_name_in_order() -> None:
    made = solver("test_iter: 1 test_interval: 100")
    (test_net,) = made.test_nets
    for name, blobs in made.net.params.items():
        assert all(a is b for a, b in zip(blobs, test_net.params[name], strict=True))


def test_watch_takes_the_second_layer_of_a_name(caplog: pytest.LogCaptureFixture) -> None:
    made = solver('display: 1 watch: "i.weight" watch: "i##2.weight"')
    with caplog.at_level(logging.INFO):
        made.step(1)
    lines = [r.getMessage() for r in caplog.records if "Watch" in r.getMessage()]
    assert len(lines) == 2
    assert lines[0].partition(": ")[2] != lines[1].partition(": ")[2]


@pytest.mark.parametrize("suffix", ["", ".h5"])
def test_snapshot_diff_holds_the_gradients_of_each_layer(in_folder: Path, suffix: str) -> None:
    made = solver(f"snapshot_diff: true snapshot_format: {'HDF5' if suffix else 'BINARYPROTO'}")
    made.step(3)
    wanted = [param.grad for param in made.net.learnable]
    if suffix:
        with h5py.File("r_iter_3.caffemodel.h5") as file:
            layers = [file[name] for name in ("diff/i", "diff_2/i", "unnamed_diff/1", "diff/i#2")]
            found = [torch.tensor(layer[index][()]) for layer in layers for index in "01"]
    else:
        message = NetParameter.FromString((in_folder / "r_iter_3.caffemodel").read_bytes())
        assert [len(layer.blobs) for layer in message.layer] == [0, 2, 2, 2, 2, 0]
        found = [torch.tensor(blob.diff) for layer in message.layer for blob in layer.blobs]
    for mine, theirs in zip(wanted, found, strict=True):
        assert mine is not None
        assert torch.equal(mine.flatten(), theirs.flatten())
    assert any(bool(grad.any()) for grad in wanted if grad is not None)


def test_test_net_shares_the_layer_of_a_name_that_it_has() -> None:
    ip = 'layer { name: "i" type: "InnerProduct" bottom: "x" inner_product_param { num_output: 10 }'
    train = "include { phase: TRAIN }"
    net = f"""
layer {{ name: "d" type: "Dataset" top: "x" top: "t" dataset_param {{ name: "digits" batch_size: 4 }} }}
{ip} top: "a" {train} }}
{ip} top: "b" }}
layer {{ type: "SoftmaxWithLoss" bottom: "a" bottom: "t" top: "l" {train} }}
layer {{ type: "SoftmaxWithLoss" bottom: "b" bottom: "t" top: "m" }}
"""
    made = solver("test_iter: 1 test_interval: 100", net)
    (test_net,) = made.test_nets
    assert test_net.params["i"][0] is made.net.params["i#2"][0], (
        "as in Caffe, the second one of the TRAIN net"
    )
