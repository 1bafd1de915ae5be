"""Training in several processes: equal to one process with larger batches, and resumed exactly."""

from __future__ import annotations

import signal
import time
from math import nan
from pathlib import Path

import lmdb
import pytest
import torch
from safetensors.torch import load_file

from layerzoo.cli.main import main
from layerzoo.ranks import Ranks
from layerzoo.schema import Datum
from layerzoo.snapshot import list_snapshots, read_snapshot
from layerzoo.solver import Solver
from tests.processes import finish, run_processes, start_processes
from tests.solver.snapshots.whole_state import SOLVER, fingerprint, metrics, write_configs

TRAIN = ["-m", "layerzoo", "train"]

PLAIN = 'net: "net.prototxt" snapshot_prefix: "r" solver_mode: CPU base_lr: 0.001 lr_policy: "fixed"'

LAYERS = """
import caffe, numpy as np

class Rows(caffe.Layer):
    def setup(self, bottom, top):
        self.size, self.at = int(self.param_str), 0
        self.rng = np.random.RandomState(1)
        self.rows = self.rng.rand(40, 6).astype(np.float32)

    def reshape(self, bottom, top):
        top[0].reshape(self.size, 6)
        top[1].reshape(self.size, 2)

    def forward(self, bottom, top):
        share = caffe.solver_rank() + caffe.solver_count() * np.arange(self.at, self.at + self.size)
        top[0].data[...] = self.rows[share % 40]
        top[1].data[...] = self.rows[share % 40, :2] ** 2
        self.at += self.size

    def backward(self, top, propagate_down, bottom):
        pass


class Distance(caffe.Layer):
    def setup(self, bottom, top):
        self.blobs.add_blob(1)
        self.blobs[0].data[...] = 0.5

    def reshape(self, bottom, top):
        top[0].reshape()

    def forward(self, bottom, top):
        self.diff = bottom[0].data * self.blobs[0].data - bottom[1].data
        top[0].data[...] = (self.diff ** 2).sum() / len(self.diff) / 2

    def backward(self, top, propagate_down, bottom):
        gradient = top[0].diff * self.diff / len(self.diff)
        self.blobs[0].diff[...] += (gradient * bottom[0].data).sum()
        bottom[0].diff[...] = gradient * self.blobs[0].data
"""

NET = """name: "own"
layer { name: "rows" type: "Python" top: "x" top: "y"
        python_param { module: "own" layer: "Rows" param_str: "SIZE" } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
        inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "Python" bottom: "ip" bottom: "y" top: "loss" loss_weight: 1
        python_param { module: "own" layer: "Distance" } }
"""


def _write_python_layers(folder: Path, size: int) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "own.py").write_text(LAYERS)
    (folder / "net.prototxt").write_text(NET.replace("SIZE", str(size)))
    (folder / "solver.prototxt").write_text(
        'net: "net.prototxt" snapshot_prefix: "r" solver_mode: CPU random_seed: 3 '
        'base_lr: 0.1 lr_policy: "fixed" momentum: 0.9 display: 5 max_iter: 20'
    )


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(list_snapshots(folder / "r.run")[-1][1] / "weights.safetensors")


def test_python_layers_train_in_two_processes_as_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two, one = tmp_path / "two", tmp_path / "one"
    _write_python_layers(two, 4)
    _write_python_layers(one, 8)
    args = ["-solver", "solver.prototxt", "-allow_python", "own"]
    (code, _, err), (follower, out, silent) = run_processes([*TRAIN, *args], two)
    assert (code, follower, out, silent) == (0, 0, "", ""), err + silent
    monkeypatch.chdir(one)
    assert main(["train", *args]) == 0
    trained, expected = _weights(two), _weights(one)
    assert trained.keys() == expected.keys()
    assert len(trained) == 3
    for name, blob in expected.items():
        torch.testing.assert_close(trained[name], blob, rtol=1e-5, atol=1e-6)
    losses = [[row["loss"] for row in metrics(folder / "r.run")] for folder in (two, one)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert losses[0][-1] < losses[0][0] / 2  # type: ignore[operator]


def test_samples_are_dealt_out_to_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = """name: "n"
layer { name: "d" type: "Dataset" top: "x" top: "t" transform_param { mirror: true crop_size: 6 }
        dataset_param { name: "digits" size: 8 batch_size: SIZE shuffle: true } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" }
"""
    solver = 'net: "net.prototxt" snapshot_prefix: "r" solver_mode: CPU base_lr: 0.05 lr_policy: "fixed" '
    for name, size, seed in (("two", 8, 5), ("one", 16, 5)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.prototxt").write_text(net.replace("SIZE", str(size)))
        # 1,437 digits in batches of 16 are 90 iterations in a pass
        rest = f"momentum: 0.9 iter_size: 2 max_epoch: 0.5 display: 1 random_seed: {seed}"
        (tmp_path / name / "solver.prototxt").write_text(solver + rest)
    found = run_processes([*TRAIN, "-solver", "solver.prototxt"], tmp_path / "two")
    assert [code for code, _, _ in found] == [0, 0], found
    monkeypatch.chdir(tmp_path / "one")
    assert main(["train", "-solver", "solver.prototxt"]) == 0
    assert [list_snapshots(tmp_path / name / "r.run")[-1][0] for name in ("two", "one")] == [23, 23]
    for name, blob in _weights(tmp_path / "one").items():
        torch.testing.assert_close(_weights(tmp_path / "two")[name], blob, rtol=1e-4, atol=1e-6)


RESUMING = """
import os
from layerzoo.loader import load_solver
from layerzoo.ranks import Ranks
from layerzoo.solver import Solver

ranks = Ranks.from_environment()
for folder, settings, resume in (
    ("whole", (), None),
    ("parts", ("max_iter=4",), None),
    ("parts", (), "auto"),
):
    os.chdir(folder)
    assert Solver(load_solver("solver.prototxt", settings), ranks=ranks).solve(resume) == 0
    ranks.barrier()
    os.chdir("..")
"""


@pytest.mark.parametrize("overlapped", [True, False])
def test_resume_of_three_processes_is_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, overlapped: bool
) -> None:
    """A net with an LSTM, dropout and BatchNorm: the state of each process is restored bit for bit."""
    runs = {name: tmp_path / name for name in ("whole", "parts")}
    for folder in runs.values():
        folder.mkdir()
        more = f"momentum: 0.9 max_iter: 8 layer_wise_reduce: {str(overlapped).lower()}"
        write_configs(folder, f"{SOLVER} {more}")
    found = run_processes(["-c", RESUMING], tmp_path, count=3)
    assert [code for code, _, _ in found] == [0, 0, 0], found
    whole, parts = (list_snapshots(folder / "r.run")[-1] for folder in runs.values())
    assert whole[0] == parts[0] == 8
    assert fingerprint(whole[1]) == fingerprint(parts[1])
    carried = read_snapshot(whole[1]).parts["buffers"]
    assert any(name.startswith("rank2.train.") for name in carried), carried.keys()
    assert "mean and variance are those of its batch, in each process of its own (layer 'bn')" in found[0][2]
    monkeypatch.chdir(runs["parts"])
    assert Solver("solver.prototxt").restore("auto")
    assert "taken with 3 processes, this run has 1: the first one goes on in its part" in caplog.text


@pytest.mark.parametrize("hit", [0, 1])
def test_signal_to_one_process_stops_all(tmp_path: Path, hit: int) -> None:
    _write_python_layers(tmp_path, 4)
    args = ["-solver", "solver.prototxt", "-allow_python", "own", "-set", "max_iter=1000000"]
    processes = start_processes([*TRAIN, *args], tmp_path)
    log = tmp_path / "r.run" / "log.txt"
    deadline = time.monotonic() + 60
    while not (log.exists() and "Iteration 5 " in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    processes[hit].send_signal(signal.SIGINT)
    found = finish(processes)
    assert [code for code, _, _ in found] == [0, 0], found
    assert "Optimization stopped early." in log.read_text()
    assert len(list_snapshots(tmp_path / "r.run")) == 1


FULL_BATCH = """name: "digits"
layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" batch_size: SIZE } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" }
"""


@pytest.mark.parametrize("kind", ["LBFGS", "GaussNewton"])
def test_full_batch_solver_takes_its_data_from_all_processes(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1,437 digits are 3 x 479. Shorter first steps would let the line search magnify rounding."""
    solver = f'{PLAIN.replace("base_lr: 0.001", "base_lr: 1")} type: "{kind}" max_iter: 5 display: 1'
    for name, size in (("three", 479), ("one", 1437)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.prototxt").write_text(FULL_BATCH.replace("SIZE", str(size)))
        (tmp_path / name / "solver.prototxt").write_text(f"{solver} random_seed: 3")
    found = run_processes([*TRAIN, "-solver", "solver.prototxt"], tmp_path / "three", count=3)
    assert [code for code, _, _ in found] == [0, 0, 0], found
    monkeypatch.chdir(tmp_path / "one")
    assert main(["train", "-solver", "solver.prototxt"]) == 0
    losses = [[row["loss"] for row in metrics(tmp_path / name / "r.run")] for name in ("three", "one")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert losses[0][-1] < losses[0][0] * 0.6  # type: ignore[operator]


def test_flags_of_a_single_process_are_refused(tmp_path: Path) -> None:
    for flags, said in ((["-dry_run"], "leave out -processes"), (["-gpu", "0"], "a GPU of its own")):
        found = run_processes([*TRAIN, "-solver", "solver.prototxt", *flags], tmp_path)
        assert [code for code, _, _ in found] == [2, 2]
        assert said in found[0][2] + found[1][2]


def test_random_params_of_python_layers_are_those_of_the_main_process(tmp_path: Path) -> None:
    chance, same = tmp_path / "chance", tmp_path / "same"
    for folder in (chance, same):
        _write_python_layers(folder, 4)
    own = chance / "own.py"
    own.write_text(own.read_text().replace("= 0.5", "= 0.5 + caffe.solver_rank()"))
    for folder in (chance, same):
        found = run_processes([*TRAIN, "-solver", "solver.prototxt", "-allow_python", "own"], folder)
        assert [code for code, _, _ in found] == [0, 0], found
    for name, blob in _weights(same).items():
        assert torch.equal(_weights(chance)[name], blob), name


def _write_plain(folder: Path, size: int, solver: str) -> None:
    """A net that reads records of an LMDB; the second process gets the odd ones."""
    write_configs(folder, f"{PLAIN} {solver}")
    (folder / "net.prototxt").write_text(
        f"""name: "plain"
layer {{ name: "e" type: "Data" top: "x" top: "t"
        data_param {{ source: "images" backend: LMDB batch_size: {size} }} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
        inner_product_param {{ num_output: 10 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" }}
"""
    )


def test_non_finite_data_are_reported_by_the_process_that_has_them(tmp_path: Path) -> None:
    _write_plain(tmp_path, 2, "max_iter: 9 snapshot: 2")
    broken = Datum(channels=1, height=5, width=5, float_data=[nan] * 25).SerializeToString()
    with lmdb.open(str(tmp_path / "images"), map_size=1 << 20) as images, images.begin(write=True) as records:
        records.put(b"00000013", broken)
    found = run_processes([*TRAIN, "-solver", "solver.prototxt"], tmp_path)
    assert [code for code, _, _ in found] == [3, 3], found
    report = (tmp_path / "r.run" / "nonfinite_iter_3" / "report.txt").read_text()
    assert report.startswith("iteration 3 in process 1 of 2: a loss, gradient or param is NaN or infinite\n")
    assert "first: top 'x' of layer 'e' (Data): 2x1x5x5, 25 NaN" in report
    assert "the last snapshot is of iteration 2" in report
    assert report.splitlines()[0] in found[0][2] + found[1][2]


LATE = """
import os, time
from layerzoo.cli.main import main
from layerzoo.net import Net
load = Net.load_weights
Net.load_weights = lambda *given, **more: (time.sleep(int(os.environ["RANK"])), load(*given, **more))
weights = "r.run/iter_1/weights.safetensors"
raise SystemExit(main(["train", "-solver", "solver.prototxt", "-weights", weights]))
"""


def test_weights_may_lie_in_the_run_folder_that_is_set_aside(tmp_path: Path) -> None:
    """The main process renames the folder after the others have read them."""
    _write_plain(tmp_path, 2, "max_iter: 1")
    assert run_processes([*TRAIN, "-solver", "solver.prototxt"], tmp_path, count=1)[0][0] == 0
    found = run_processes(["-c", LATE], tmp_path)
    assert [code for code, _, _ in found] == [0, 0], found
    assert (tmp_path / "r.1.run" / "iter_1").is_dir()


def _other_process() -> Ranks:
    """A process that is not the main one, without communication."""
    ranks = Ranks()
    ranks.rank = 1
    return ranks


def test_other_processes_write_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_configs(tmp_path, f"{SOLVER} max_iter: 2")
    solver = Solver("solver.prototxt", ranks=_other_process())
    before = set(tmp_path.iterdir())
    assert solver.solve() == 0
    assert solver.iteration == 2
    assert set(tmp_path.iterdir()) == before


def test_other_processes_leave_the_score_of_a_snapshot_to_the_main_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_configs(tmp_path, f"{SOLVER} max_iter: 2 snapshot_after_train: true")
    assert Solver("solver.prototxt").solve() == 0
    state = tmp_path / "r.run" / "iter_2" / "state.json"
    before = state.read_bytes()
    follower = Solver("solver.prototxt", ranks=_other_process())
    follower.restore("auto")
    follower.saver.add_score(2, 7.0)
    assert state.read_bytes() == before
