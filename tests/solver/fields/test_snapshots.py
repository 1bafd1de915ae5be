"""Fields of snapshots."""

from __future__ import annotations

from pathlib import Path

import h5py
import torch

from layerzoo.loader import parse_solver
from layerzoo.schema import NetParameter
from layerzoo.snapshot import list_snapshots
from layerzoo.solver import Solver
from tests.solver.fields.solvers import (
    NET,
    SGD,
    solver,
)


def test_field_snapshot() -> None:
    solver(SGD + "max_iter: 7 snapshot: 3").solve()
    assert [at for at, _ in list_snapshots("r.run")] == [3, 6, 7]


def test_field_snapshot_prefix(in_folder: Path) -> None:
    there = 'snapshot_prefix: "there/it" solver_mode: CPU max_iter: 1'
    Solver(parse_solver(f"{SGD} {there} net_param {{ {NET} }}")).solve()
    assert (in_folder / "there/it.run/iter_1").is_dir()


def test_field_snapshot_format(in_folder: Path) -> None:
    for form, suffix in (("BINARYPROTO", ""), ("HDF5", ".h5")):
        solver(f"{SGD} max_iter: 1 snapshot_format: {form}").solve()
        assert (in_folder / f"r_iter_1.caffemodel{suffix}").is_file()
        assert (in_folder / f"r_iter_1.solverstate{suffix}").is_file()
    solver(SGD + "max_iter: 2").solve()
    assert not (in_folder / "r_iter_2.caffemodel").exists(), "Caffe's form only where it is asked for"


def test_field_snapshot_diff(in_folder: Path) -> None:
    for form in ("BINARYPROTO", "HDF5"):
        s = solver(f"{SGD} max_iter: 2 snapshot_format: {form} snapshot_diff: true")
        s.solve()
    gradient = s.net.params["a"][0].grad
    assert gradient is not None
    stored = NetParameter.FromString((in_folder / "r_iter_2.caffemodel").read_bytes())
    blob = next(layer for layer in stored.layer if layer.name == "a").blobs[0]
    assert torch.tensor(list(blob.diff)).reshape(gradient.shape).equal(gradient)
    with h5py.File(in_folder / "r_iter_2.caffemodel.h5") as file:
        assert torch.from_numpy(file["diff/a/0"][()]).equal(gradient)
    solver(f"{SGD} max_iter: 1 snapshot_format: BINARYPROTO").solve()
    stored = NetParameter.FromString((in_folder / "r_iter_1.caffemodel").read_bytes())
    assert not any(blob.diff for layer in stored.layer for blob in layer.blobs)


def test_field_snapshot_after_train() -> None:
    solver(SGD + "max_iter: 3 snapshot: 2 snapshot_after_train: false").solve()
    assert [at for at, _ in list_snapshots("r.run")] == [2]


def test_field_keep_param() -> None:
    solver(SGD + "max_iter: 6 snapshot: 1 keep_param { last: 1 every: 4 best: 0 }").solve()
    assert [at for at, _ in list_snapshots("r.run")] == [4, 6]
