"""Restoring a run's state, and errors for files that can't be restored."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from layerzoo.cli.main import main
from layerzoo.snapshot import read_snapshot
from layerzoo.solver import Solver
from layerzoo.solver.snapshots.parts import means_by_layer
from tests.solver.snapshots.whole_state import SOLVER, write_configs


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Path:
    """A run of four iterations, with Caffe's snapshots in both formats."""
    monkeypatch.chdir(tmp_path)
    write_configs(tmp_path, f"{SOLVER} momentum: 0.9 snapshot: 2")
    for form in ("BINARYPROTO", "HDF5"):
        assert train("-set", "max_iter=4", "-set", f"snapshot_format={form}") == 0
    capfd.readouterr()
    return tmp_path


def train(*arguments: str) -> int:
    return main(["train", "-solver", "solver.prototxt", *arguments])


ALONE = "holds weights only, no state of a solver; to"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("r_iter_4.caffemodel", f"{ALONE} resume: -snapshot r_iter_4.solverstate; to start a new run"),
        ("r_iter_4.caffemodel.h5", f"{ALONE} resume: -snapshot r_iter_4.solverstate.h5; to start"),
        (
            "r.run/iter_4/weights.safetensors",
            f"{ALONE} resume: -snapshot r.run/iter_4; to start a new run",
        ),
        ("r.run/iter_4/means.safetensors", f"{ALONE} resume: -snapshot r.run/iter_4; to start a new run"),
        ("other.caffemodel", f"{ALONE} start a new run from them: -weights other.caffemodel"),
        ("renamed.bin", "not a solver state but the weights of a net; pass it to -weights"),
        ("renamed.h5.bin", "not a solver state but the weights of a net; pass it to -weights"),
        ("gone.solverstate", "gone.solverstate: can't be read: No such file or directory"),
        ("empty.solverstate", "empty.solverstate: the file is empty"),
        ("solver.prototxt", "not a solver state"),
        ("images", "images: not a snapshot"),
        ("r.run/iter_5", "can't be read"),
    ],
)
def test_restore_refuses_what_is_not_a_snapshot(
    run: Path, given: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy("r_iter_4.caffemodel", "other.caffemodel")
    shutil.copy("r_iter_4.caffemodel", "renamed.bin")
    shutil.copy("r_iter_4.caffemodel.h5", "renamed.h5.bin")
    Path("empty.solverstate").touch()
    assert train("-set", "max_iter=6", "-snapshot", given) == 1
    said = capfd.readouterr().err
    assert message in said
    assert "Traceback" not in said


@pytest.mark.parametrize("suffix", ["", ".h5"])
def test_restore_finds_weights_moved_with_their_state(run: Path, suffix: str) -> None:
    (run / "elsewhere").mkdir()
    for name in (f"r_iter_4.caffemodel{suffix}", f"r_iter_4.solverstate{suffix}"):
        (run / name).rename(run / "elsewhere" / name)
    assert train("-set", "max_iter=5", "-snapshot", f"elsewhere/r_iter_4.solverstate{suffix}") == 0


def test_restore_names_missing_weights(run: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (run / "r_iter_4.caffemodel").unlink()
    assert train("-set", "max_iter=5", "-snapshot", "r_iter_4.solverstate") == 1
    said = capfd.readouterr().err
    assert "its weights, 'r_iter_4.caffemodel', are gone" in said
    assert "Put the file beside the state" in said


@pytest.mark.parametrize(
    "given", ["r_iter_4.solverstate", "r_iter_4.solverstate.h5", "r.run/iter_4", "r.run"]
)
def test_restore_refuses_another_type_of_solver(
    run: Path, given: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert train("-set", "max_iter=6", "-set", "type=Adam", "-snapshot", given) == 1
    said = capfd.readouterr().err
    assert "another type of solver" in said or "is of a solver of type SGD; this one is Adam" in said
    assert "To start a new run from its weights: -weights r" in said


@pytest.mark.parametrize("given", ["r_iter_4.solverstate", "r.run/iter_4"])
def test_restore_refuses_another_net(run: Path, given: str, capfd: pytest.CaptureFixture[str]) -> None:
    wider = "net.layer[conv].convolution_param.num_output=4"
    assert train("-set", "max_iter=6", "-set", wider, "-snapshot", given) == 1
    assert "another net" in capfd.readouterr().err


def test_restore_of_a_folder_takes_its_newest_snapshot(run: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert train("-set", "max_iter=6", "-snapshot", "r.run") == 0
    assert "Resuming from r.run/iter_4 at iteration 4" in capfd.readouterr().err


def test_restore_starts_averaging_without_means(run: Path) -> None:
    text = (run / "solver.prototxt").read_text()
    (run / "solver.prototxt").write_text(text.replace("ema_param { decay: 0.8 }", ""))
    assert train("-set", "max_iter=4") == 0
    (run / "solver.prototxt").write_text(text)
    solver = Solver("solver.prototxt")
    assert solver.run.average is not None
    before = [mean.clone() for mean in solver.run.average.means]
    solver.restore("auto")
    pairs = list(zip(solver.run.average.means, solver.net.learnable, strict=True))
    assert all(torch.equal(mean, param) for mean, param in pairs)
    assert not all(torch.equal(mean, old) for mean, old in zip(solver.run.average.means, before, strict=True))


def test_restore_sets_the_seed_of_nets_and_rule(run: Path) -> None:
    solver = Solver("solver.prototxt")
    solver.random.seed = solver.run.rule.seed = -1
    solver.restore("auto")
    assert solver.random.seed == solver.run.rule.seed == 3
    assert {net.clock.seed for net in [solver.net, *solver.test_nets]} == {3}


def test_capture_describes_the_run(run: Path) -> None:
    snapshot = read_snapshot(run / "r.run/iter_4")
    assert snapshot.versions.keys() == {"layerzoo", "torch"}
    assert "max_iter: 4" in snapshot.config
    assert snapshot.threads == torch.get_num_threads()


OLD = Path(__file__).parents[2] / "data/format_1/snapshot"
ROUNDING = {"rtol": 1e-6, "atol": 1e-8}
"""The last bit: another processor than that of the recording has other kernels."""


def test_restore_from_a_snapshot_of_format_1_continues_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(OLD, tmp_path / "old")
    monkeypatch.chdir(tmp_path / "old")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as when it was written
    try:
        solver = Solver("solver.prototxt", device="cpu")
        solver.restore("iter_6")
        assert (solver.iteration, solver.run.train.tested_at) == (6, 4)
        solver.step(5)
    finally:
        torch.set_num_threads(threads)
    expected = load_file("weights_11.safetensors")
    weights = {f"{name}/{i}": b for name, blobs in solver.net.params.items() for i, b in enumerate(blobs)}
    assert weights.keys() == expected.keys()
    for name, blob in weights.items():
        torch.testing.assert_close(blob.detach(), expected[name], **ROUNDING, msg=name)
    means = means_by_layer(solver.run.average, solver.net)
    averaged = {f"{name}/{i}": b for name, blobs in means.items() for i, b in enumerate(blobs)}
    for name, blob in load_file("means_11.safetensors").items():
        torch.testing.assert_close(averaged[name], blob, **ROUNDING, msg=name)
