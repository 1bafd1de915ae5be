"""Weights files of a run, which include the layers that only a test net has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from layerzoo import zoo
from layerzoo.cli.main import main
from layerzoo.errors import WeightsError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.solver import Solver
from layerzoo.solver.snapshots.run_weights import load_run_weights, run_weights, save_run_weights
from layerzoo.weights import read, save

DATA = """
layer { name: "in" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 2 dim: 3 } shape { dim: 2 dim: 2 }
  data_filler { type: "constant" value: 1 } data_filler { type: "constant" value: 0 } } }
"""
OWNER_ONLY_IN_TRAIN = f"""
name: "apart" {DATA}
layer {{ name: "trained" type: "InnerProduct" bottom: "x" top: "q" include {{ phase: TRAIN }}
  param {{ name: "w" }} inner_product_param {{ num_output: 2 bias_term: false
  weight_filler {{ type: "constant" value: 0.5 }} }} }}
layer {{ name: "tested" type: "InnerProduct" bottom: "x" top: "q" include {{ phase: TEST }}
  param {{ name: "w" }} inner_product_param {{ num_output: 2
  weight_filler {{ type: "constant" value: 7 }} bias_filler {{ type: "constant" value: 0.25 }} }} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "q" bottom: "t" top: "l" include {{ phase: TRAIN }} }}
layer {{ name: "out" type: "Power" bottom: "q" top: "out" include {{ phase: TEST }} }}
"""
SOLVER = """
net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 3 test_iter: 1 test_interval: 3 random_seed: 1
snapshot_prefix: "r" solver_mode: CPU snapshot_format: {format} {more}
"""
# Each update takes 2 * 0.1 * 1 * q / 2 of each weight, and q falls by 3 times that: w = 0.5 * 0.7^3.
W = 0.5 * 0.7**3
Q = 3 * W + 0.25


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    write("BINARYPROTO")


def write(snapshot_format: str, more: str = "") -> None:
    Path("net.prototxt").write_text(OWNER_ONLY_IN_TRAIN)
    Path("solver.prototxt").write_text(SOLVER.format(format=snapshot_format, more=more))


def printed(text: str) -> list[float]:
    return [float(value) for value in re.findall(r"\] (?:Batch 0, )?out = (\S+)", text)]


@pytest.mark.parametrize("suffix", ["BINARYPROTO", "HDF5"])
def test_published_run_scores_as_in_training(suffix: str, capfd: pytest.CaptureFixture[str]) -> None:
    write(suffix)
    assert main(["train", "-solver", "solver.prototxt", "-publish", "apart"]) == 0
    trained = re.findall(r"Test net output #\d+: out = (\S+)", capfd.readouterr().err)
    assert list(map(float, trained[-4:])) == pytest.approx([Q] * 4, rel=1e-5)
    caffes = "r_iter_3.caffemodel" + (".h5" if suffix == "HDF5" else "")
    for given in (
        ["-zoo", "apart", "-iterations", "1"],
        ["-model", "net.prototxt", "-weights", "r.run/iter_3/weights.safetensors", "-iterations", "1"],
        ["-model", "net.prototxt", "-weights", caffes, "-iterations", "1"],
    ):
        assert main(["test", *given, "-gpu", "none"]) == 0
        values = printed(capfd.readouterr().err)
        assert values == pytest.approx([Q] * 8, rel=1e-5), given
    loaded = zoo.load("apart")
    assert loaded.net.params["tested"][0].flatten().tolist() == pytest.approx([W] * 6)
    assert loaded.net(x=torch.ones(1, 3))["out"].tolist() == [pytest.approx([Q, Q])]


def test_published_average_holds_the_means_of_a_shared_param(capfd: pytest.CaptureFixture[str]) -> None:
    write("BINARYPROTO", "ema_param { decay: 0.5 ramp: false }")
    assert main(["train", "-solver", "solver.prototxt", "-publish", "mean"]) == 0
    stored = read(zoo.LocalZoo().get("mean").file("weights.safetensors"))
    assert stored["tested"][0].tolist() == stored["trained"][0].tolist()
    assert stored["tested"][0][0, 0].item() > W, "the mean of values that fall to W"
    assert stored["tested"][1].tolist() == [0.25, 0.25]


@pytest.mark.parametrize("name", ["r.run/iter_2", "r_iter_2.solverstate"])
def test_resumed_run_has_the_same_bits(name: str) -> None:
    whole, first, second = (Solver("solver.prototxt") for _ in range(3))
    whole.step(3)
    first.step(2)
    first.snapshot()
    second.restore(name)
    second.step(1)
    assert torch.equal(second.net.params["trained"][0], whole.net.params["trained"][0])
    assert second.test()[0].values == whole.test()[0].values
    assert second.test()[0].values["out"] == pytest.approx([Q] * 4)


def test_weights_without_the_layers_of_test_nets_are_restored() -> None:
    solver = Solver("solver.prototxt")
    with torch.no_grad():
        solver.net.params["trained"][0].fill_(2)
    solver.snapshot()
    solver.net.save_weights("r_iter_0.caffemodel")  # as Caffe writes it
    other = Solver("solver.prototxt")
    other.restore("r_iter_0.solverstate")
    assert other.test()[0].values["out"] == [6.25] * 4


def test_weights_of_a_run_are_strictly_those_of_the_next_run() -> None:
    solver = Solver("solver.prototxt")
    solver.step(3)
    save_run_weights("w.safetensors", solver.net, solver.test_nets)
    again = Solver("solver.prototxt", weights=["w.safetensors"], strict=True)
    assert again.test()[0].values["out"] == pytest.approx([Q] * 4)
    save({**read("w.safetensors"), "more": [torch.zeros(1)]}, "more.safetensors")
    with pytest.raises(WeightsError, match="skipped more/0"):
        Solver("solver.prototxt", weights=["more.safetensors"], strict=True)


def test_load_run_weights_prefers_the_trained_layer() -> None:
    """A file can hold another value for a shared param under the name of a test net's layer."""
    net = Net(parse_net(OWNER_ONLY_IN_TRAIN), "TRAIN")
    test_nets = [Net(parse_net(OWNER_ONLY_IN_TRAIN), "TEST", share=net) for _ in range(2)]
    w, b = torch.full((2, 3), 4.0), torch.tensor([5.0, 6.0])
    save({"trained": [w], "tested": [w + 1, b]}, "w.safetensors")
    report = load_run_weights("w.safetensors", net, test_nets, strict=True)
    assert report.loaded == ["tested/0", "tested/1", "trained/0"]
    for test_net in test_nets:
        assert test_net.params["tested"][0].tolist() == w.tolist()
        assert test_net.params["tested"][1].tolist() == b.tolist()
    assert [len(blobs) for blobs in run_weights(net, test_nets).values()] == [1, 2]
