"""Snapshots of sharded runs: loaded by any number of processes, whole after a kill at any moment."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader
from torch.distributed.checkpoint.state_dict_loader import load

from layerzoo.cli.main import main
from layerzoo.errors import SnapshotError
from layerzoo.snapshot import Snapshot, list_snapshots, read_snapshot, verify_snapshot
from layerzoo.snapshot.keeping import find_newest
from layerzoo.snapshot.native import _sealed
from tests.processes import run_processes
from tests.solver.joining import train
from tests.solver.sharding_checks import NET
from tests.solver.snapshots.whole_state import fingerprint, metrics

SOLVER = """net: "net.prototxt" snapshot_prefix: "r" solver_mode: CPU random_seed: 3 threads: 1
type: "Adam" base_lr: 0.01 momentum: 0.9 momentum2: 0.99 weight_decay: 0.01 clip_gradients: 1
lr_policy: "fixed" max_iter: 10 snapshot: 5 test_interval: 5 test_initialization: false display: 1
engine_param { layout: NCHW } keep_param { last: 2 }
distributed_param { global_batch_size: 18 sync_batch_norm: true sharding: FULL
                    sharding_param { min_layer_size: 60 } }
"""
WHOLE = ["distributed_param.sharding=NONE"]
PROGRAM = ["-m", "tests.solver.snapshots.sharded_program"]
STAGES = {
    "two_two": (2, "two", []),
    "two_three": (3, "two", []),
    "two_one": (1, "two", WHOLE),
    "two_whole": (2, "two", WHOLE),
    "one_two": (2, "one", []),
    "three_two": (2, "three", []),
}
"""Runs that go on from the snapshot of another: processes, the other run, settings."""


def _folder(folder: Path, snapshot: Path | None = None) -> Path:
    folder.mkdir()
    (folder / "net.prototxt").write_text(NET)
    (folder / "solver.prototxt").write_text(SOLVER)
    if snapshot is not None:
        shutil.copytree(snapshot, folder / "r.run" / snapshot.name)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of 10 iterations, and those that go on from the middle of one with another number of processes."""
    top = tmp_path_factory.mktemp("runs")
    counts: dict[str, tuple[int, list[str]]] = {"two": (2, []), "three": (3, []), "one": (1, WHOLE)}
    for name in counts:
        _folder(top / name)
    train(top, [{"folder": n, "processes": c, "settings": s} for n, (c, s) in counts.items()])
    for name, (_, of, _) in STAGES.items():
        _folder(top / name, top / of / "r.run/iter_5")
    resumed: list[dict[str, Any]] = [
        {"folder": name, "processes": count, "settings": settings, "resume": "auto"}
        for name, (count, _, settings) in STAGES.items()
    ]
    train(top, resumed)
    return top


def _end(run: Path) -> Snapshot:
    return read_snapshot(run / "r.run/iter_10")


def _tensors(snapshot: Snapshot) -> list[torch.Tensor]:
    return [*(blob for blobs in snapshot.weights.values() for blob in blobs), *snapshot.history]


@pytest.mark.parametrize("name", ["two", "three", *STAGES])
def test_sharded_runs_go_on_with_any_number_of_processes(runs: Path, name: str) -> None:
    mine, alone = _end(runs / name), _end(runs / "one")
    assert mine.weights.keys() == alone.weights.keys()
    pairs = list(zip(_tensors(mine), _tensors(alone), strict=True))
    assert len(pairs) > 40
    for own, other in pairs:
        assert own.shape == other.shape
        assert own.dtype == other.dtype
        assert float((own - other).abs().max()) <= 1e-5 * max(float(other.abs().max()), 1e-3)
    assert [row.get("loss") for row in metrics(runs / name / "r.run")][-3:] == pytest.approx(
        [row.get("loss") for row in metrics(runs / "one" / "r.run")][-3:], rel=1e-4
    )


def test_sharded_run_resumes_bit_for_bit(runs: Path) -> None:
    assert fingerprint(runs / "two_two/r.run/iter_10") == fingerprint(runs / "two/r.run/iter_10")
    pairs = zip(_tensors(_end(runs / "two_two")), _tensors(_end(runs / "two")), strict=True)
    assert all(torch.equal(own, other) for own, other in pairs)


def test_sharded_snapshot_has_a_file_of_each_process_and_no_pickle(runs: Path) -> None:
    path = runs / "three/r.run/iter_10"
    names = sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())
    shards = [f"history/shard-0000{rank}-model-00001-of-00001.safetensors" for rank in (1, 2, 3)]
    assert names == [*shards, "state.json", "state.safetensors", "weights.safetensors"]
    sizes = [(path / shard).stat().st_size for shard in shards]
    assert max(sizes) < 0.5 * sum(sizes)
    text = verify_snapshot(path)
    assert text["format"] == 3
    assert set(shards) < text["files"].keys()


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled")
def test_sharded_snapshot_is_read_by_torch(runs: Path) -> None:
    history = _end(runs / "three").history
    path = runs / "three/r.run/iter_10"
    with safe_open(path / "state.safetensors", framework="pt") as file:
        kept = {int(name.removeprefix("history/")) for name in file.keys() if name.startswith("history/")}  # noqa: SIM118
    split = {str(index): torch.zeros_like(blob) for index, blob in enumerate(history) if index not in kept}
    assert len(split) > 15
    load(split, storage_reader=HuggingFaceStorageReader(str(path / "history")), no_dist=True)
    assert all(torch.equal(blob, history[int(index)]) for index, blob in split.items())


def test_weights_of_a_sharded_run_are_an_ordinary_file(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(runs / "two")
    weights = "r.run/iter_10/weights.safetensors"
    assert main(["test", "-model", "net.prototxt", "-weights", weights, "-iterations", "4"]) == 0
    assert "acc" in capsys.readouterr().err


def _damage_checksum(path: Path) -> None:
    data = bytearray((path / "history/shard-00001-model-00001-of-00001.safetensors").read_bytes())
    data[-1] ^= 1
    (path / "history/shard-00001-model-00001-of-00001.safetensors").write_bytes(data)


def _lose_a_file(path: Path) -> None:
    (path / "history/shard-00002-model-00001-of-00001.safetensors").unlink()


@pytest.mark.parametrize(
    ("damage", "message"), [(_damage_checksum, "its checksum differs"), (_lose_a_file, "can't be read")]
)
def test_damaged_sharded_snapshot_is_skipped(runs: Path, tmp_path: Path, damage: Any, message: str) -> None:
    shutil.copytree(runs / "two/r.run", tmp_path / "r.run")
    damage(tmp_path / "r.run/iter_10")
    with pytest.raises(SnapshotError, match=message):
        verify_snapshot(tmp_path / "r.run/iter_10")
    assert find_newest(tmp_path / "r.run") == tmp_path / "r.run/iter_5"


def test_sharded_snapshot_that_leaves_out_a_file_is_refused(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "two/r.run/iter_10", tmp_path / "iter_10")
    path = tmp_path / "iter_10/state.json"
    text = json.loads(path.read_text())
    del text["checksum"], text["files"]["history/shard-00001-model-00001-of-00001.safetensors"]
    path.write_text(_sealed(text))
    with pytest.raises(SnapshotError, match="doesn't hold each row of"):
        read_snapshot(tmp_path / "iter_10")


@pytest.mark.parametrize(("rank", "moment"), [(0, "before"), (1, "after"), (0, "renaming")])
def test_sharded_run_goes_on_after_a_kill_while_a_snapshot_is_written(
    runs: Path, tmp_path: Path, rank: int, moment: str
) -> None:
    folder = _folder(tmp_path / "run")
    done = run_processes([*PROGRAM, str(rank), "kill", moment], folder)
    assert done[rank][0] == -9
    assert done[1 - rank][0] != 0, "the other one ends, too"
    assert [iteration for iteration, _ in list_snapshots(folder / "r.run")] == [5]
    done = run_processes(PROGRAM, folder)
    assert [code for code, _, _ in done] == [0, 0], done
    assert fingerprint(folder / "r.run/iter_10") == fingerprint(runs / "two/r.run/iter_10")
    pairs = zip(_tensors(_end(folder)), _tensors(_end(runs / "two")), strict=True)
    assert all(torch.equal(own, other) for own, other in pairs)
    assert not list((folder / "r.run").glob(".*.part")), "leftovers are deleted"


@pytest.mark.parametrize(("rank", "moment"), [(1, "before"), (0, "renaming")])
def test_sharded_run_tells_of_a_snapshot_that_a_process_cannot_write(
    tmp_path: Path, rank: int, moment: str
) -> None:
    folder = _folder(tmp_path / "run")
    solver = SOLVER.replace("max_iter: 10", "max_iter: 12")
    (folder / "solver.prototxt").write_text(solver)
    done = run_processes([*PROGRAM, str(rank), "fail", moment], folder)
    assert [code for code, _, _ in done] == [0, 0], done
    said = (folder / "r.run/log.txt").read_text()
    assert "The snapshot of iteration 10 can't be written: No space left on device" in said
    assert [iteration for iteration, _ in list_snapshots(folder / "r.run")] == [5, 12]
    assert not list((folder / "r.run").glob(".*.part"))
