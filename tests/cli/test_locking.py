"""The lock of a run, taken before anything is built, and ``-new``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.zoo import LocalZoo
from tests.run_lock.holding import Holding

TRAIN = ["train", "-solver", "configs/mlp_solver.yaml", "-gpu", "none", "-set", "max_iter=2"]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    return tmp_path


def test_new_takes_the_next_number(in_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for number in ("", "-2", "-3"):
        assert main([*TRAIN, "-new", "-set", "snapshot_format=BINARYPROTO"]) == 0
        assert f"Training in snapshots/mlp{number}.run" in capfd.readouterr().err
        assert (in_folder / f"snapshots/mlp{number}_iter_2.caffemodel").exists()
        config = (in_folder / f"snapshots/mlp{number}.run/solver.prototxt").read_text()
        assert f'snapshot_prefix: "snapshots/mlp{number}"' in config
    assert len([path for path in (in_folder / "snapshots").iterdir() if path.is_dir()]) == 3


def test_new_run_is_published(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN]) == 0
    assert main([*TRAIN, "-new", "-set", "random_seed=3", "-publish", "second"]) == 0
    assert "-new" not in capfd.readouterr().err.rpartition("published as")[2]
    assert LocalZoo().get("second").name == "second"


def test_new_excludes_resuming(capfd: pytest.CaptureFixture[str]) -> None:
    for flag in ("-resume", "-snapshot"):
        assert main([*TRAIN, "-new", flag, "auto"]) == 2
        assert "-new starts a new run and -snapshot resumes an earlier one; give one of them" in (
            capfd.readouterr().err
        )


def test_locked_prefix_is_refused_before_data_is_read(
    holding: Holding, in_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (in_folder / "snapshots").mkdir()
    process, _ = holding("snapshots/mlp")
    assert main(TRAIN) == 1
    err = capfd.readouterr().err
    assert f"'snapshots/mlp.run' is used by another run: process {process.pid} on host" in err
    assert "or give -new" in err
    assert "Use CPU" not in err
    assert main([*TRAIN, "-dry_run"]) == 0
    assert f"it is now used by another run: process {process.pid} on host" in capfd.readouterr().out
    assert main([*TRAIN, "-dry_run", "-new"]) == 0
    assert "the run would write to snapshots/mlp-2.run" in capfd.readouterr().out
    names = {path.name for path in (in_folder / "snapshots").iterdir()}
    assert names == {".mlp.run.lock", ".mlp.run.lease"}


def test_lock_is_released_when_the_config_has_faults(in_folder: Path) -> None:
    assert main([*TRAIN, "-set", "base_lr=-1", "-set", "snapshot_prefix=K", "-set", "type=Nix"]) == 2
    assert list(in_folder.glob(".*")) == []
