"""``-dry_run``, ``-overfit`` and ``-deterministic`` of ``layerzoo train``, and a non-finite loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from layerzoo.cli.main import main

TRAIN = ["train", "-solver", "configs/mlp_solver.yaml", "-gpu", "none"]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    return tmp_path


def test_dry_run_leaves_no_files(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "-dry_run"]) == 0
    out = capsys.readouterr().out
    assert "train step: loss = " in out
    assert "written and read again in a temporary folder" in out
    assert not list(in_folder.iterdir())


def test_overfit_uses_few_batches_and_publishes_nothing(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ["-set", "max_iter=40", "-set", "test_interval=0", "-set", "display=20"]
    assert main([*TRAIN, *short, "-overfit", "2", "-publish", "mine"]) == 0
    err = capsys.readouterr().err
    assert "Training on the first 2 batches only" in err
    assert "published" not in err
    assert "weights: " not in err, "nothing is kept"
    assert not [path for path in in_folder.rglob("*") if path.is_file()]
    assert main([*TRAIN, "-overfit", "0"]) == 2


def test_overfit_leaves_a_trained_run_as_it_is(in_folder: Path) -> None:
    prefix = ["-set", f"snapshot_prefix={in_folder / 'mine'}", "-set", 'publish=""']
    assert main([*TRAIN, *prefix, "-set", "max_iter=4", "-set", "test_interval=2"]) == 0
    before = {path: path.read_bytes() for path in in_folder.rglob("*") if path.is_file()}
    assert any("best" in path.parts for path in before)
    assert main([*TRAIN, *prefix, "-set", "max_iter=40", "-set", "test_interval=20", "-overfit", "1"]) == 0
    assert {path: path.read_bytes() for path in in_folder.rglob("*") if path.is_file()} == before


def test_deterministic_selects_algorithms(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[bool] = []
    monkeypatch.setattr("layerzoo.solver.config.device.be_deterministic", lambda: called.append(True))
    short = ["-set", "max_iter=1", "-set", "test_interval=0", "-set", 'publish=""']
    assert main([*TRAIN, *short]) == 0
    assert called == []
    assert main([*TRAIN, *short, "-deterministic"]) == 0
    assert called == [True]
    assert not torch.are_deterministic_algorithms_enabled()


def test_non_finite_loss_exits_with_3(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "-set", "base_lr=1e20", "-set", "test_interval=0"]) == 3
    err = capsys.readouterr().err
    assert "is NaN or infinite" in err
    assert "try: a lower base_lr, e.g. 1e+19" in err
    assert "Traceback" not in err


def test_hashes_are_written_for_each_update(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = ["-set", "max_iter=2", "-set", "test_interval=0", "-set", 'publish=""']
    assert main([*TRAIN, *short, "-hashes", "first"]) == 0
    assert main([*TRAIN, *short, "-hashes", "second", "-new"]) == 0
    lines = Path("first").read_text().splitlines()
    assert [next(iter(json.loads(line))) for line in lines][:4] == ["fed", "updated", "fed", "updated"]
    assert Path("second").read_text().splitlines() == lines
    assert main([*TRAIN, *short, "-hashes", "missing/file", "-new"]) == 1
    assert "missing/file: No such file or directory" in capsys.readouterr().err
