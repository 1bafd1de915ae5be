"""Two runs of one ``snapshot_prefix`` at once: the second one is refused before it changes anything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from layerzoo.cli.main import main
from layerzoo.pycaffe import SGDSolver
from layerzoo.run_lock import RunLockedError
from layerzoo.solver import Solver
from layerzoo.weights import read
from tests.run_lock.holding import Holding

ROOT = Path(__file__).parents[2]
NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" size: 8 batch_size: 16 } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "a" bottom: "t" top: "l" }
"""
SOLVER = """
net: "net.prototxt" base_lr: 0.02 momentum: 0.9 lr_policy: "fixed" random_seed: 5 solver_mode: CPU
max_iter: 8 snapshot: 2 snapshot_prefix: "K" snapshot_format: BINARYPROTO
"""
PAUSING = """
import sys
from layerzoo.solver import Callback, Solver

class Pause(Callback):
    def saved(self, iteration, path):
        if iteration == 4:
            print("paused", flush=True)
            sys.stdin.readline()

solver = Solver("solver.prototxt")
solver.callbacks.members.append(Pause())
sys.exit(solver.solve())
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    return tmp_path


def paused_run() -> subprocess.Popen[str]:
    """A run that waits at iteration 4 for a line on its standard input."""
    process = subprocess.Popen(
        [sys.executable, "-c", PAUSING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "paused\n"
    return process


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_run_is_not_disturbed_by_a_second_one_which_is_refused(
    in_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert main(["train", "-solver", "solver.prototxt", "-gpu", "none", "-set", "snapshot_prefix=U"]) == 0
    finally:
        torch.set_num_threads(threads)
    first = paused_run()
    try:
        before = contents(in_folder)
        assert "K.run/iter_4/state.json" in before
        for flags in ([], ["-resume", "auto"], ["-snapshot", "K_iter_2.solverstate"]):
            assert main(["train", "-solver", "solver.prototxt", "-gpu", "none", *flags]) == 1
            message = f"error: 'K.run' is used by another run: process {first.pid} on host"
            assert message in capfd.readouterr().err
        with pytest.raises(RunLockedError):
            Solver("solver.prototxt").solve("auto")
        assert contents(in_folder) == before
        assert main(["train", "-solver", "solver.prototxt", "-gpu", "none", "-new"]) == 0
        assert "Training in K-2.run" in capfd.readouterr().err
        first.communicate("\n", timeout=120)
    finally:
        first.kill()
    assert first.returncode == 0
    for name in ("K", "K-2"):
        final = read(f"{name}.run/iter_8/weights.safetensors")["a"]
        assert all(map(torch.equal, final, read("U.run/iter_8/weights.safetensors")["a"]))
        assert (in_folder / f"{name}_iter_8.caffemodel").exists()
    assert [path.name for path in in_folder.glob(".*")] == [], "the locks are deleted"


def test_run_starts_again_at_once_after_it_was_killed(in_folder: Path) -> None:
    first = paused_run()
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert main(["train", "-solver", "solver.prototxt", "-gpu", "none", "-resume", "auto"]) == 0
    assert (in_folder / "K.run/iter_8").is_dir()


def test_step_with_snapshots_is_refused(holding: Holding, in_folder: Path) -> None:
    process, _ = holding("K")
    solver = Solver("solver.prototxt")
    script = SGDSolver("solver.prototxt")
    for call in (
        lambda: solver.step(1),
        solver.snapshot,
        lambda: script.step(1),
        script.snapshot,
        script.solve,
    ):
        with pytest.raises(RunLockedError, match=f"process {process.pid} "):
            call()
    solver.param.snapshot = 0
    solver.step(1)  # it writes nothing
    assert sorted(contents(in_folder)) == [".K.run.lease", ".K.run.lock", "net.prototxt", "solver.prototxt"]


def test_solvers_of_one_process_share_a_prefix(holding: Holding, in_folder: Path) -> None:
    solvers = [SGDSolver("solver.prototxt") for _ in range(2)]
    for solver in solvers:
        solver.step(2)
    solvers[0].solve()
    assert {"K_iter_2.caffemodel", "K_iter_8.caffemodel"} <= contents(in_folder).keys()
    assert holding("K")[1].startswith(f"'K.run' is used by another run: process {os.getpid()} ")
    del solver
    solvers.clear()
    assert holding("K")[1] == "locked K"


def test_snapshot_is_not_written_over_those_of_a_run_that_took_the_lock(
    in_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    solver = Solver("solver.prototxt")
    solver.step(1)
    lease = in_folder / ".K.run.lease"
    lease.write_text(lease.read_text().replace("token=", "token=0"))
    assert solver.snapshot() is None
    assert solver.saver.failed
    assert "The snapshot of iteration 1 can't be written: another run has taken 'K.run'" in caplog.text
    assert not (in_folder / "K.run").exists()
