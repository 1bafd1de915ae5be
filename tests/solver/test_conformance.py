"""Solvers against recordings of Caffe, iteration by iteration."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from layerzoo.snapshot import read_state
from layerzoo.solver import Solver

CASES = 15
ROOT = Path(__file__).parent.parent / "data" / "conformance"
NAMES = sorted(path.stem for path in (ROOT / "solvers").glob("*.npz"))
FORKS = sorted(path.stem for path in (ROOT / "forks" / "solvers").glob("*.npz"))

Recorded = dict[str, np.ndarray]


def test_recordings_are_complete() -> None:
    assert len(NAMES) == CASES
    assert len(FORKS) == 3


@pytest.fixture
def recorded() -> Callable[[str], Recorded]:
    def load(name: str) -> Recorded:
        with np.load(ROOT / f"{name}.npz") as file:
            return {key: file[key] for key in file.files}

    return load


def solver_of(case: Recorded, folder: Path) -> Solver:
    """The recorded solver over the recorded data, from the recorded params."""
    (folder / "net.prototxt").write_text(str(case["net"]))
    (folder / "solver.prototxt").write_text(f'net: "net.prototxt" {case["solver"]}')
    (folder / "list.txt").write_text("d.h5\n")
    with h5py.File(folder / "d.h5", "w") as file:
        file["x"], file["t"] = case["data/x"], case["data/t"]
    solver = Solver(folder / "solver.prototxt", device="cpu")
    with torch.no_grad():
        for layer, index, values in of(case, "init"):
            solver.net.params[layer][index].copy_(torch.from_numpy(values))
    return solver


def of(case: Recorded, prefix: str) -> Iterator[tuple[str, int, np.ndarray]]:
    """Layer, index and values of the params recorded under a prefix."""
    for key, values in case.items():
        if key.startswith(f"{prefix}/"):
            layer, _, index = key.removeprefix(f"{prefix}/").rpartition("/")
            yield layer, int(index), values


def is_noise(solver: Solver, layer: str, index: int) -> bool:
    """A bias under BatchNorm has a gradient of 0 up to rounding, which Adam amplifies; so does the mean."""
    return "bn" in solver.net.params and (layer, index) in {("ip1", 1), ("bn", 0)}


def agree(solver: Solver, case: Recorded, prefix: str) -> None:
    count = 0
    for layer, index, values in of(case, prefix):
        if is_noise(solver, layer, index):
            continue
        ours = solver.net.params[layer][index].detach().numpy()
        scale = float(np.abs(values).max())
        np.testing.assert_allclose(
            ours, values, rtol=1e-4, atol=1e-4 * scale, err_msg=f"{prefix}: {layer}/{index}"
        )
        count += 1
    assert count


@pytest.mark.parametrize("name", NAMES)
def test_solver_agrees_with_its_recording(
    name: str, recorded: Callable[[str], Recorded], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    case = recorded(f"solvers/{name}")
    solver = solver_of(case, tmp_path)
    losses = []
    for iteration in range(1, int(case["iters"]) + 1):
        solver.step(1)
        losses.append(float(solver.engine.outputs[0]))
        if iteration in (1, 2, 13):
            agree(solver, case, f"at{iteration}")
    agree(solver, case, "final")
    np.testing.assert_allclose(losses, case["loss_last_minibatch"], rtol=1e-4)
    theirs = read_state(ROOT / "solvers" / f"{name}.solverstate")
    assert solver.run.lr.policy.current_step(solver.iteration - 1) == theirs.current_step
    assert len(solver.run.rule.history) == len(theirs.history)
    names = [(name, i) for name, blobs in solver.net.params.items() for i in range(len(blobs))]
    for number, (ours, blob) in enumerate(zip(solver.run.rule.history, theirs.history, strict=True)):
        if is_noise(solver, *names[number % len(solver.run.rule.params)]):
            continue
        scale = float(blob.abs().max())
        torch.testing.assert_close(ours, blob, rtol=1e-3, atol=1e-3 * scale + 1e-9)


@pytest.mark.parametrize("name", FORKS)
def test_solver_agrees_with_the_recording_of_a_fork(
    name: str, recorded: Callable[[str], Recorded], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    case = recorded(f"forks/solvers/{name}")
    solver = solver_of(case, tmp_path)
    losses = []
    steps = 1 if "one_call" not in case else int(case["iters"])
    for iteration in range(steps, int(case["iters"]) + 1, steps):
        solver.step(steps)
        losses.append(float(solver.engine.outputs[0]))
        if any(key.startswith(f"at{iteration}/") for key in case):
            agree(solver, case, f"at{iteration}")
    agree(solver, case, "final")
    if "loss_last_minibatch" in case:
        np.testing.assert_allclose(losses, case["loss_last_minibatch"], rtol=1e-4)
    theirs = read_state(ROOT / "forks" / "solvers" / f"{name}.solverstate")
    assert theirs.current_step > 0, "the rate has dropped"
    plateau = solver.run.lr.state_dict()
    assert plateau["last_event"] == theirs.last_event
    assert plateau["least_loss"] == pytest.approx(theirs.minimum_loss, rel=1e-4)
    assert solver.run.lr.policy.current_step(solver.iteration - 1) == theirs.current_step


@pytest.mark.parametrize("kind", ["binaryproto", "hdf5"])
def test_restore_continues_a_snapshot_of_caffe(
    kind: str, recorded: Callable[[str], Recorded], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "snapshots"
    shutil.copytree(ROOT / "snapshots", folder)
    monkeypatch.chdir(folder)
    case = recorded(f"snapshots/resume_{kind}")
    solver = Solver(folder / f"solver_{kind}.prototxt", device="cpu")
    assert solver.restore(folder / f"snap_iter_20.solverstate{'.h5' if kind == 'hdf5' else ''}")
    assert solver.iteration == 20
    losses = []
    for _ in range(20):
        solver.step(1)
        losses.append(float(solver.engine.outputs[0]))
    np.testing.assert_allclose(losses, case["loss21_40"], rtol=1e-4)
    agree(solver, case, "after40")
