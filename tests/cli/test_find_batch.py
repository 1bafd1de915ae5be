"""``layerzoo find_batch``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_table_ends_with_the_largest_batch(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["-gpu", "none", "-budget", "1.5GiB", "-largest", "128"]
    assert main(["find_batch", "-solver", "configs/mlp_solver.yaml", *flags]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("memory for a batch: 1.5 GiB; estimated batch size: ")
    assert lines[1].split() == ["batch_size", "estimated", "measured", "ms", "samples/s"]
    assert [line.split()[0] for line in lines[2:4]] == ["64", "128"]
    assert lines[-1] == "batch_size: 128 fits; the config has 64"
    assert not list(in_folder.iterdir()), "nothing is written"


def test_no_batch_fits_a_tiny_budget(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find_batch", "-solver", "configs/mlp_solver.yaml", "-gpu", "none", "-budget", "1"]) == 0
    out = capsys.readouterr().out
    assert "doesn't fit" in out
    assert out.endswith("no batch size fits; use a smaller net or more memory\n")


@pytest.mark.parametrize("size", ["much", "0G", "-1"])
def test_invalid_budget_is_an_error(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find_batch", "-solver", "configs/mlp_solver.yaml", f"-budget={size}"]) == 2
    assert "is not a size; expected e.g. 500M or 8G" in capsys.readouterr().err
