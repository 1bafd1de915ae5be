"""``layerzoo copy``."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from layerzoo.cli.candidates import candidates
from layerzoo.cli.main import layerzoo, main
from layerzoo.tune import read_plan
from layerzoo.tune.check import check_plan


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_copied_solver_trains_at_once(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["copy", "configs/char_lstm_solver.yaml"]) == 0
    out = capfd.readouterr().out
    assert out.startswith("written: char_lstm_solver.yaml, char_lstm_train_test.yaml, ")
    assert out.endswith("next: layerzoo train -solver char_lstm_solver.yaml\n")
    assert main(["train", "-solver", "char_lstm_solver.yaml", "-set", "max_iter=1", "-gpu", "none"]) == 0
    assert (folder / "snapshots/char_lstm.run").is_dir()


def test_copied_plan_is_checked_with_its_solver(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["copy", "configs/courses/optimisers_tune", "mine"]) == 0
    assert "next: layerzoo tune mine/optimisers_tune.yaml\n" in capfd.readouterr().out
    assert check_plan(read_plan("mine/optimisers_tune.yaml")).config["display"] == "50"


def test_changed_copy_is_kept_without_force(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["copy", "lenet", "mine"]) == 0
    (folder / "mine/lenet_solver.yaml").write_text("net: other.yaml\n")
    capsys.readouterr()
    assert main(["copy", "lenet", "mine"]) == 2
    assert "mine/lenet_solver.yaml exists with other content; -force overwrites" in capsys.readouterr().err
    assert (folder / "mine/lenet_solver.yaml").read_text() == "net: other.yaml\n"
    assert main(["copy", "lenet", "mine", "-force"]) == 0
    assert capsys.readouterr().out == (
        "written: mine/lenet_solver.yaml\n"
        "unchanged: mine/lenet_train_test.yaml\n"
        "next: layerzoo train -solver mine/lenet_solver.yaml\n"
    )


def test_net_alone_is_to_be_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["copy", "courses/vae.yaml"]) == 0
    assert capsys.readouterr().out == "written: vae.yaml\nnext: layerzoo check -model vae.yaml\n"


def test_misspelt_name_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["copy", "configs/lenet_slover.yaml"]) == 2
    assert "did you mean 'configs/lenet_solver.yaml'" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_folder_that_can_not_be_written_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "file").write_text("")
    assert main(["copy", "lenet", "file/below"]) == 1
    assert "can't be written" in capsys.readouterr().err


def test_names_are_completed() -> None:
    assert isinstance(layerzoo, click.Group)
    found = [item.value for item in candidates(layerzoo, ["copy"], "configs/courses/va")]
    assert found == ["configs/courses/vae.yaml", "configs/courses/vae_solver.yaml"]
