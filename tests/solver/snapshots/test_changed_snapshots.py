"""Snapshots that were changed and sealed again: refused whole, and `-resume auto` takes an older one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from layerzoo.cli.main import main
from layerzoo.errors import SnapshotError
from layerzoo.snapshot import native
from layerzoo.solver import Solver
from tests.solver.snapshots.whole_state import SOLVER, fingerprint, write_configs


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Path:
    """The folder of a run of six iterations with three snapshots."""
    monkeypatch.chdir(tmp_path)
    write_configs(tmp_path, f"{SOLVER} momentum: 0.9 snapshot: 2")
    assert train("-set", "max_iter=6") == 0
    capfd.readouterr()
    return tmp_path / "r.run"


def train(*arguments: str) -> int:
    return main(["train", "-solver", "solver.prototxt", *arguments])


def reseal(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the content of ``state.json``, as someone who knows how its checksum is made."""
    text = json.loads((path / "state.json").read_text())
    del text["checksum"]
    change(text)
    for name in text["files"]:
        text["files"][name] = native.checksum(path / name)
    (path / "state.json").write_text(native._sealed(text))


def part(name: str, **values: Any) -> Callable[[dict[str, Any]], object]:
    return lambda text: text["parts"][name].update(values)


CHANGES = {
    "train": [{"iteration": "4"}, {"losses": "12"}, {"losses": [None]}, {"tested_at": -1}, {"iteration": 3}],
    "random": [{"seed": 0.5}, {"seed": 2**64}, {"scheme": None}],
    "score": [{"last": "high"}, {"best": [1]}, {"best_iteration": 1.5}],
    "data": [{"test0": "1"}, {"test0": -1}],
}


@pytest.mark.parametrize(("name", "values"), [(n, v) for n, values in CHANGES.items() for v in values])
def test_wrong_value_of_a_part_is_refused_before_anything_is_changed(
    run: Path, name: str, values: dict[str, Any]
) -> None:
    solver = Solver("solver.prototxt")
    before = {key: tensor.clone() for key, tensor in solver.net.state_dict().items()}
    state = {key: part.state_dict() for key, part in solver.run._all_parts().items() if key != "buffers"}
    if name not in state:
        pytest.fail(f"the run has no part {name}")
    reseal(run / "iter_4", part(name, **values))
    key = next(iter(values))
    with pytest.raises(
        SnapshotError, match=rf"part '{name}'(: '{key}' is .*; expected| is not of iteration 4)"
    ):
        solver.restore(run / "iter_4")
    after = {key: part.state_dict() for key, part in solver.run._all_parts().items() if key != "buffers"}
    assert repr(after) == repr(state)
    assert all(torch.equal(tensor, before[key]) for key, tensor in solver.net.state_dict().items())
    assert not any(blob.any() for blob in solver.run.rule.history)


def test_missing_value_of_a_part_is_refused(run: Path) -> None:
    reseal(run / "iter_4", lambda text: text["parts"]["train"].pop("losses"))
    with pytest.raises(SnapshotError, match="part 'train': 'losses' is missing; expected a list"):
        Solver("solver.prototxt").restore(run / "iter_4")


def test_wrong_history_changes_nothing(run: Path) -> None:
    file = run / "iter_4" / "state.safetensors"
    tensors = load_file(file)
    save_file({**tensors, "history/0": torch.zeros(1)}, file)
    reseal(run / "iter_4", lambda text: None)
    solver = Solver("solver.prototxt")
    before = {key: tensor.clone() for key, tensor in solver.net.state_dict().items()}
    with pytest.raises(SnapshotError, match="history blob 0 of the snapshot is"):
        solver.restore(run / "iter_4")
    assert all(torch.equal(tensor, before[key]) for key, tensor in solver.net.state_dict().items())


def spoil_json(path: Path) -> None:
    reseal(path, part("train", iteration="6"))


def name_a_device(path: Path) -> None:
    (path / "weights.safetensors").unlink()
    (path / "weights.safetensors").symlink_to("/dev/zero")


def put_a_fifo(path: Path) -> None:
    (path / "state.json").unlink()
    os.mkfifo(path / "state.json")


def put_other_bytes(path: Path) -> None:
    (path / "weights.safetensors").write_bytes(b"no tensors, but with the right checksum")
    reseal(path, lambda text: None)


def nest_deeply(path: Path) -> None:
    (path / "state.json").write_text("[" * 200_000)


def leave_out_a_key(path: Path) -> None:
    reseal(path, lambda text: text.pop("solver_type"))


SPOILED = [spoil_json, name_a_device, put_a_fifo, put_other_bytes, nest_deeply, leave_out_a_key]


@pytest.mark.parametrize("spoil", SPOILED)
def test_resume_auto_takes_the_newest_snapshot_that_can_be_read(
    run: Path, spoil: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    whole = fingerprint(run / "iter_6")
    spoil(run / "iter_6")
    assert train("-resume", "auto", "-set", "max_iter=6") == 0
    log = capfd.readouterr().err
    assert "iter_6: skipped: " in log
    assert "Resuming from r.run/iter_4 at iteration 4" in log
    assert fingerprint(run / "iter_6") == whole


@pytest.mark.parametrize("spoil", SPOILED)
def test_resume_auto_never_starts_afresh_beside_damaged_snapshots(
    run: Path, spoil: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    metrics = (run / "metrics.jsonl").read_bytes()
    for iteration in (2, 4, 6):
        spoil(run / f"iter_{iteration}")
    assert train("-resume", "auto", "-set", "max_iter=6") == 1
    log = capfd.readouterr().err
    assert log.count(": skipped: ") == 3
    assert "error: r.run: none of its 3 snapshots can be read" in log
    assert "to start from the beginning, move them away" in log
    assert "Traceback" not in log
    assert (run / "metrics.jsonl").read_bytes() == metrics
