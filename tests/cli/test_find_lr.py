"""``layerzoo find_lr``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layerzoo.cli.main import main


def test_output_is_a_table_a_curve_and_a_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    flags = ["-gpu", "none", "-low", "1e-5", "-high", "100", "-iterations", "60", "-height", "5"]
    assert main(["find_lr", "-solver", "configs/mlp_solver.yaml", "-set", "random_seed=1", *flags]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["lr", "loss", "smoothed"]
    assert lines[1].split()[0] == "1e-05"
    assert "loss by log10(lr)" in "\n".join(lines)
    assert re.fullmatch(
        r"the loss fell fastest at \S+ and was lowest at \S+; the test ended at \S+: the loss is .*",
        lines[-2],
    )
    rate = re.fullmatch(r"try base_lr: (\S+)", lines[-1])
    assert rate is not None
    assert 1e-3 < float(rate[1]) < 1
    assert not list(tmp_path.iterdir()), "nothing is written"


def test_loss_that_does_not_fall_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    flags = ["-gpu", "none", "-low", "1e-9", "-high", "1e-8", "-iterations", "40"]
    assert main(["find_lr", "-solver", "configs/mlp_solver.yaml", "-set", "random_seed=1", *flags]) == 1
    assert "the loss did not fall by more than its noise" in capsys.readouterr().err


def test_invalid_range_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find_lr", "-solver", "configs/mlp_solver.yaml", "-low", "2", "-high", "1"]) == 2
    assert "0 < low < high" in capsys.readouterr().err
