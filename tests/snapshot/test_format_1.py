"""Snapshots of format 1: one written by Layerzoo 0.1 is kept in ``tests/data/format_1``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from layerzoo.snapshot import read_snapshot, set_score, verify_snapshot
from layerzoo.snapshot.format_1 import upgrade_tensors

OLD = Path(__file__).parent.parent / "data/format_1/snapshot/iter_6"


def test_read_snapshot_converts_format_1_to_parts() -> None:
    text = json.loads((OLD / "state.json").read_text())
    assert text["format"] == 1
    parts = read_snapshot(OLD).parts
    assert parts["train"] == {"iteration": 6, "losses": text["losses"], "tested_at": 4}
    assert parts["random"] == {"seed": 3, "scheme": 1}
    assert parts["data"] == {"test0": 9, "test1": 6}
    assert parts["lr_policy"] == text["lr_policy"]
    assert parts["score"] == {
        "last": text["score"],
        "best": text["best_score"],
        "best_iteration": text["best_iteration"],
    }
    assert parts["early_stopping"] == {"best": text["best_score"], "standing_still": 0}
    assert "loss_scale" not in parts, "the run had none"
    assert "train.layers.lstm.state.state0" in parts["buffers"]


def test_set_score_of_a_snapshot_of_format_1(tmp_path: Path) -> None:
    path = Path(shutil.copytree(OLD, tmp_path / "iter_6"))
    set_score(path, 0.5)
    assert verify_snapshot(path)["format"] == 2
    snapshot = read_snapshot(path)
    assert snapshot.score == 0.5
    assert snapshot.parts["train"]["iteration"] == 6
    assert "train.layers.lstm.state.state0" in snapshot.parts["buffers"]


def test_upgrade_tensors_keeps_other_names() -> None:
    given = {"history/0": 1, "tensors/train.a": 2, "parts/buffers/b": 3}
    assert upgrade_tensors(given) == {"history/0": 1, "parts/buffers/train.a": 2, "parts/buffers/b": 3}  # type: ignore[arg-type]
