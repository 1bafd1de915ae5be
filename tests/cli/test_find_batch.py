"""``layerzoo find_batch``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_table_and_the_largest(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["-gpu", "none", "-budget", "1.5GiB", "-largest", "128"]
    assert main(["find_batch", "-solver", "configs/mlp_solver.yaml", *flags]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("memory for a batch: 1.5 GiB; by estimate ")
    assert said[1].split() == ["batch_size", "estimated", "measured", "ms", "samples/s"]
    assert [line.split()[0] for line in said[2:4]] == ["64", "128"]
    assert said[-1] == "batch_size: 128 fits; it was 64"
    assert not list(in_folder.iterdir()), "nothing is written"


def test_nothing_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find_batch", "-solver", "configs/mlp_solver.yaml", "-gpu", "none", "-budget", "1"]) == 0
    said = capsys.readouterr().out
    assert "doesn't fit" in said
    assert said.endswith("no batch fits; a smaller net, or more memory, is needed\n")


@pytest.mark.parametrize("size", ["much", "0G", "-1"])
def test_a_size_that_is_none(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find_batch", "-solver", "configs/mlp_solver.yaml", f"-budget={size}"]) == 2
    assert "is not a size such as 500M or 8G" in capsys.readouterr().err
