"""Solvers in several processes, started as in scripts for Caffe, and the timer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from google.protobuf import text_format

import layerzoo.pycaffe as caffe
from layerzoo.errors import UsageError
from layerzoo.pycaffe.parallel import NCCL
from layerzoo.schema import SolverParameter

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys
from multiprocessing import Process
import numpy as np
import caffe


class Rows(caffe.Layer):
    def setup(self, bottom, top):
        self.size, self.at = int(self.param_str), 0
        self.rows = np.random.RandomState(1).rand(40, 6)

    def reshape(self, bottom, top):
        top[0].reshape(self.size, 6)
        top[1].reshape(self.size, 2)

    def forward(self, bottom, top):
        count = caffe.solver_count() if self.phase == caffe.TRAIN else 1
        share = caffe.solver_rank() + count * np.arange(self.at, self.at + self.size)
        top[0].data[...] = self.rows[share % 40]
        top[1].data[...] = self.rows[share % 40, :2] ** 2 * 2
        self.at += self.size

    def backward(self, top, propagate_down, bottom):
        pass


def solve(rank, count, uid):
    caffe.set_mode_cpu()
    caffe.set_solver_count(count)
    caffe.set_solver_rank(rank)
    caffe.set_multiprocess(True)
    solver = caffe.SGDSolver('solver.prototxt')
    if rank:
        for blobs in solver.net.params.values():
            blobs[0].data[...] = 9
    nccl = caffe.NCCL(solver, uid)
    nccl.bcast()
    starts = []
    solver.add_callback(nccl)
    solver.add_callback(lambda: starts.append(solver.iter), lambda: '')
    if solver.param.layer_wise_reduce:
        solver.net.after_backward(nccl)
    assert len(solver.test_nets) == (0 if rank else 1)
    solver.step(12)
    assert starts == list(range(12))
    weights = [blob.data.ravel() for blobs in solver.net.params.values() for blob in blobs]
    np.save('rank%d.npy' % rank, np.concatenate(weights))


if __name__ == '__main__':
    count = int(sys.argv[1])
    caffe.init_log()
    caffe.log('%d solvers' % count)
    uid = caffe.NCCL.new_uid()
    processes = [Process(target=solve, args=(rank, count, uid)) for rank in range(count)]
    for process in processes:
        process.daemon = True
        process.start()
    for process in processes:
        process.join()
    sys.exit(max(process.exitcode for process in processes))
"""

NET = """name: "own"
layer { name: "rows" type: "Python" top: "x" top: "y"
        python_param { module: "__main__" layer: "Rows" param_str: "SIZE" } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
        inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "act" type: "TanH" bottom: "ip" top: "ip" }
layer { name: "out" type: "InnerProduct" bottom: "ip" top: "out"
        inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "out" bottom: "y" top: "loss" }
layer { name: "valid" type: "SigmoidCrossEntropyLoss" bottom: "out" bottom: "y" top: "valid"
        loss_param { normalization: VALID ignore_label: 1 } }  # counts differ between processes
"""

SOLVER = """net: "net.prototxt" snapshot_prefix: "r" solver_mode: CPU random_seed: 3 base_lr: 0.1
lr_policy: "fixed" momentum: 0.9 display: 4 test_iter: 2 test_interval: 6 max_iter: 12 snapshot: 12
"""


def _train(folder: Path, count: int, size: int, more: str = "") -> str:
    """Run the script in ``count`` processes and return its log."""
    folder.mkdir()
    (folder / "script.py").write_text(SCRIPT)
    (folder / "net.prototxt").write_text(NET.replace("SIZE", str(size)))
    (folder / "solver.prototxt").write_text(SOLVER + more)
    command = [sys.executable, "-m", "layerzoo.pycaffe", "script.py", str(count)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_nccl_of_two_processes_equals_one_with_twice_the_batch(tmp_path: Path) -> None:
    log = _train(tmp_path / "two", 2, 4)
    _train(tmp_path / "one", 1, 8)
    _train(tmp_path / "at_once", 2, 4, "layer_wise_reduce: false")
    weights = [np.load(tmp_path / "two" / f"rank{rank}.npy") for rank in (0, 1)]
    np.testing.assert_array_equal(*weights)
    assert np.isfinite(weights[0]).all()
    np.testing.assert_allclose(weights[0], np.load(tmp_path / "one" / "rank0.npy"), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(weights[0], np.load(tmp_path / "at_once" / "rank1.npy"), rtol=1e-4, atol=1e-6)
    # only the first solver tests, displays and takes snapshots
    assert "2 solvers" in log
    assert log.count("Testing net (#0)") == 2
    assert log.count("Train net output #0: loss") == 3
    assert log.count("Snapshotting to binary proto file r_iter_12.caffemodel") == 1


def test_new_uid_is_unique() -> None:
    assert caffe.has_nccl()
    uid = caffe.NCCL.new_uid()
    assert isinstance(uid, bytes)
    assert len(uid) == 128
    assert uid != caffe.NCCL.new_uid()


def test_nccl_refuses_an_invalid_uid(solver_file: str) -> None:
    solver = caffe.SGDSolver(solver_file)
    for uid in ("", b"x" * 128, b"a b c".ljust(128), b"a 1 c"):
        with pytest.raises(RuntimeError, match="not the uid of NCCL"):
            caffe.NCCL(solver, uid)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("max_time: 5", "max_time"),
        ("max_epoch: 2", "max_epoch"),
        ("early_stopping_param {}", "early_stopping_param"),
        ('lr_policy: "plateau" gamma: 0.5', "lr_policy 'plateau'"),
    ],
)
def test_nccl_refuses_settings_that_let_solvers_diverge(
    monkeypatch: pytest.MonkeyPatch, more: str, named: str
) -> None:
    """The settings are checked before the processes connect."""
    solver = SimpleNamespace(_solver=SimpleNamespace(param=text_format.Parse(more, SolverParameter())))
    monkeypatch.setattr("layerzoo.pycaffe.state._state.solver_count", 2)
    with pytest.raises(
        UsageError, match=f"would apply {named} on its own, so they would diverge; leave it out"
    ):
        NCCL(cast("caffe.SGDSolver", solver), b"")


def test_add_callback_needs_two_functions(solver_file: str) -> None:
    solver = caffe.SGDSolver(solver_file)
    with pytest.raises(TypeError, match="add_callback"):
        solver.add_callback(lambda: None)


def test_nccl_of_one_process_changes_nothing(solver_file: str) -> None:
    solver = caffe.SGDSolver(solver_file)
    nccl = NCCL(solver, caffe.NCCL.new_uid())
    nccl.bcast()
    solver.add_callback(nccl)
    solver.net.after_backward(nccl)
    solver.step(2)
    other = caffe.SGDSolver(solver_file)
    other.net.after_backward(lambda layer: None)
    other.step(2)
    np.testing.assert_array_equal(solver.net.params["conv"][0].data, other.net.params["conv"][0].data)


def test_timer_measures_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([10.0, 10.25])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    timer = caffe.Timer()
    timer.start()
    timer.stop()
    assert timer.ms == 250
