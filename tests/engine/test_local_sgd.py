"""Buckets, compressed gradients and local SGD of several processes: against numpy, and resumed exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.snapshot import list_snapshots, read_snapshot
from layerzoo.solver import Solver
from tests.processes import ROOT, run_processes
from tests.solver.joining import train
from tests.solver.snapshots.whole_state import SOLVER as WHOLE
from tests.solver.snapshots.whole_state import fingerprint, metrics, write_configs

NET = """name: "line"
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TRAIN }
        transform_param { scale: 0.1 } dataset_param { name: "digits" size: 8 batch_size: 4 } }
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TEST }
        transform_param { scale: 0.1 } dataset_param { name: "digits" size: 8 split: "test" batch_size: 50 } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param {
        num_output: 1 bias_term: false weight_filler { type: "gaussian" std: 0.1 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "t" top: "loss" }
"""
CHECKS = [
    "small_buckets_and_a_static_graph",
    "compression_in_16_bits",
    "power_sgd_of_full_rank",
    "power_sgd_keeps_what_it_leaves_out",
    "power_sgd_forgets_gradients_that_are_not_finite",
    "local_sgd_averages_weights",
    "local_sgd_agrees_on_gradients_that_are_not_finite",
]
SOLVER = """net: "net.prototxt" snapshot_prefix: "r" solver_mode: CPU random_seed: 3 threads: 1
base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 max_iter: 6 display: 1 snapshot: 5 test_initialization: false
test_iter: 1 test_interval: 6 distributed_param { average_every: 2 average_after: 1 }
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The problems that three processes found in each check."""
    folder = tmp_path_factory.mktemp("three")
    found = run_processes([str(ROOT / "tests" / "engine" / "averaging_checks.py")], folder, count=3)
    assert [code for code, _, _ in found] == [0, 0, 0], found
    loaded: dict[str, list[str]] = json.loads((folder / "results.json").read_text())
    assert list(loaded) == CHECKS
    return loaded


@pytest.mark.parametrize("name", CHECKS)
def test_three_processes(results: dict[str, list[str]], name: str) -> None:
    assert results[name] == []


def _batch(net: Net, number: int) -> tuple[np.ndarray, np.ndarray]:
    x, t = net.fetch(number).blobs.values()
    return x.flatten(1).double().numpy(), t.double().numpy()


def test_local_sgd_of_a_linear_net_is_that_of_numpy(tmp_path: Path) -> None:
    """Averaged gradients in the first iteration; then weights after the third and the fifth."""
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    train(tmp_path, [{"folder": ".", "processes": 2}])
    nets = [Net(parse_net(NET), phase="TRAIN", seed=3) for _ in range(2)]
    for rank, net in enumerate(nets):
        net.clock.rank, net.clock.ranks = rank, 2
    w = [nets[0].learnable[0].detach().double().numpy().ravel().copy() for _ in nets]
    v = [np.zeros(64), np.zeros(64)]
    losses, kept = [], {}
    for iteration in range(6):
        gradients, both = [], []
        for rank, net in enumerate(nets):
            x, t = _batch(net, iteration)
            off = x @ w[rank] - t
            both.append((off**2).sum() / 8)
            gradients.append(x.T @ off / 4)
        losses.append(np.mean(both))
        if iteration == 0:
            gradients = [np.mean(gradients, 0)] * 2
        for rank in range(2):
            v[rank] = 0.9 * v[rank] + 0.01 * gradients[rank]
            w[rank] = w[rank] - v[rank]
        if iteration in (2, 4):
            w = [np.mean(w, 0)] * 2
        kept[iteration + 1] = (list(w), list(v))
    for count, alike in ((5, True), (6, False)):
        (path,) = [path for number, path in list_snapshots(tmp_path / "r.run") if number == count]
        saved, (weights, history) = read_snapshot(path), kept[count]
        np.testing.assert_allclose(saved.weights["ip"][0].ravel(), np.mean(weights, 0), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(saved.history[0].ravel(), history[0], rtol=1e-4, atol=1e-6)
        own = saved.parts["own_weights"]
        assert own["alike"] is alike
        np.testing.assert_allclose(own["rank1.history.0"].ravel(), history[1], rtol=1e-4, atol=1e-6)
        assert ("rank1.param.0" in own) is not alike
    for rank in range(2):
        np.testing.assert_allclose(own[f"rank{rank}.param.0"].ravel(), kept[6][0][rank], rtol=1e-4, atol=1e-6)
    assert abs(kept[6][0][0] - kept[6][0][1]).max() > 1e-3
    rows = metrics(tmp_path / "r.run")
    shown = [row["loss"] for row in rows if row["phase"] == "TRAIN"][:6]
    assert shown == pytest.approx(losses, rel=1e-4)
    x, t = _batch(Net(parse_net(NET), phase="TEST", seed=3), 0)
    off = x @ np.mean(kept[6][0], 0) - t
    assert (rows[-1]["phase"], rows[-1]["iteration"]) == ("TEST", 6)
    assert rows[-1]["loss"] == pytest.approx((off**2).sum() / 100, rel=1e-4)


CASES = {
    "local": "average_every: 3 average_after: 1",
    "power": "compression: POWER_SGD bucket_mb: 0.001 "
    "power_sgd_param { start_powerSGD_iter: 2 min_compression_rate: 0.5 }",
}


def test_resume_with_what_each_process_keeps_is_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A net with LSTM, dropout and BatchNorm, stopped between two averages; then one process."""
    runs: list[dict[str, Any]] = []
    for name, given in CASES.items():
        for folder in (tmp_path / f"{name}_whole", tmp_path / f"{name}_parts"):
            folder.mkdir()
            solver = WHOLE.replace("ema_param { decay: 0.8 }", "")
            write_configs(folder, f"{solver} momentum: 0.9 max_iter: 8 distributed_param {{ {given} }}")
        runs += [
            {"folder": f"{name}_whole", "processes": 2},
            {"folder": f"{name}_parts", "processes": 2, "settings": ["max_iter=5"]},
            {"folder": f"{name}_parts", "processes": 2, "resume": "auto"},
        ]
    train(tmp_path, runs)
    said = {
        "local": "weights and history of 2 processes, this run has 1: all go on from the average",
        "power": "compression: POWER_SGD had 2 processes, this run has 1",
    }
    kept = {"local": ("own_weights", "rank1.param.0"), "power": ("power_sgd", "rank1.error.0")}
    for name, (part, tensor) in kept.items():
        whole, parts = (
            list_snapshots(tmp_path / f"{name}_{each}" / "r.run")[-1] for each in ("whole", "parts")
        )
        assert (whole[0], parts[0]) == (8, 8)
        assert fingerprint(whole[1]) == fingerprint(parts[1]), name
        assert read_snapshot(whole[1]).parts[part][tensor].any(), name
        monkeypatch.chdir(tmp_path / f"{name}_parts")
        assert Solver("solver.prototxt").restore("auto")
        assert said[name] in caplog.text
