"""The weights of the best test of a run."""

from __future__ import annotations

import json
from math import nan
from pathlib import Path

import pytest
import torch

from layerzoo.errors import SnapshotError
from layerzoo.snapshot import BestScore, Snapshot, find_best, list_snapshots, read_snapshot, write_best


def choice(value: float, higher: bool = True, output: str = "acc") -> BestScore:
    return BestScore(output, value, higher, 0, "a (val)", 1, "a (test)")


@pytest.mark.parametrize(
    ("value", "other", "higher", "better"),
    [(0.5, 0.4, True, True), (0.4, 0.5, True, False), (0.4, 0.5, False, True), (0.5, 0.5, True, True),
     (nan, 0.1, True, False)],
)  # fmt: skip
def test_better_score_or_the_newer_of_equal_ones_wins(
    value: float, other: float, higher: bool, better: bool
) -> None:
    assert choice(value, higher).beats(choice(other, higher)) == better


def test_first_score_wins_unless_it_is_nan() -> None:
    assert choice(0.0).beats(None)
    assert not choice(nan).beats(None)
    assert choice(0.1).beats(choice(0.9, output="other")), (
        "a run that is scored by another output starts anew"
    )


def test_best_weights_are_found_without_history_and_are_no_snapshot_of_an_iteration(tmp_path: Path) -> None:
    snapshot = Snapshot(7, "SGD", {"ip": [torch.ones(2)]}, [torch.zeros(3)], class_names=["cat", "dog"])
    assert find_best(tmp_path) is None
    write_best(tmp_path, snapshot, choice(0.5))
    found = find_best(tmp_path)
    assert found is not None
    assert (found.iteration, found.choice) == (7, choice(0.5))
    read = read_snapshot(found.path)
    assert (list(read.history), read.score, read.class_names) == ([], 0.5, ["cat", "dog"])
    assert torch.equal(read.weights["ip"][0], torch.ones(2))
    assert list_snapshots(tmp_path) == [], "nothing resumes from them"


def test_damaged_best_weights_are_refused(tmp_path: Path) -> None:
    path = write_best(tmp_path, Snapshot(7, "SGD", {"ip": [torch.ones(2)]}), choice(0.5))
    (path / "weights.safetensors").write_bytes(b"torn")
    with pytest.raises(SnapshotError, match="its checksum differs"):
        find_best(tmp_path)
    assert find_best(tmp_path, verified=False) is not None
    text = json.loads((path / "state.json").read_text())
    (path / "state.json").write_text(json.dumps({**text, "score": 0.75}))
    with pytest.raises(SnapshotError, match="its checksum is wrong"):
        find_best(tmp_path, verified=False)
