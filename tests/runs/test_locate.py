"""The run that a user names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.runs.locate import run_folder


def make_run(path: Path, time: float) -> Path:
    path.mkdir(parents=True)
    (path / "solver.prototxt").write_text("base_lr: 1\n")
    (path / "metrics.jsonl").write_text("")
    os.utime(path / "metrics.jsonl", (time, time))
    return path


def test_run_is_named_by_its_folder_its_prefix_or_a_folder_that_holds_it(tmp_path: Path) -> None:
    old, new = make_run(tmp_path / "s/a.run", 100), make_run(tmp_path / "s/deep/b.run", 200)
    assert run_folder(old) == old
    assert run_folder(tmp_path / "s/a") == old
    assert run_folder(f"{tmp_path}/s/a/") == old
    assert run_folder(tmp_path / "s") == new, "the one that was written to last"
    assert run_folder(old.rename(tmp_path / "renamed")) == tmp_path / "renamed"


def test_missing_run_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no such folder; expected <snapshot_prefix>\.run"):
        run_folder(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"this folder holds no run$"):
        run_folder(tmp_path)
    (tmp_path / "solver.yaml").write_text("")
    with pytest.raises(UsageError, match=r"train it first: layerzoo train -solver .*/solver\.yaml"):
        run_folder(tmp_path)
