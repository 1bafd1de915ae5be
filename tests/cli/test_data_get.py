"""``layerzoo data get``."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.data.datasets.mnist import MNIST
from layerzoo.data.remote_files import RemoteFile


def test_a_set_is_downloaded_and_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    files = (RemoteFile("a.bin", 3, hashlib.sha256(b"abc").hexdigest(), ()),)
    monkeypatch.setattr(MNIST, "files", files)
    (tmp_path / "a.bin").write_bytes(b"abc")
    assert main(["data", "get", "mnist", "-from", str(tmp_path)]) == 0
    folder = tmp_path / "home" / "datasets" / "mnist"
    assert capsys.readouterr().out == f"mnist: 1 files in {folder}, as published (sha256)\n"
    assert (folder / "a.bin").read_bytes() == b"abc"
    assert main(["data", "get"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if line.startswith("mnist")).split()[1:4] == ["3", "B", "present"]
    assert any(line.startswith("cifar10 ") and "absent" in line for line in lines)


def test_an_unknown_set_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "get", "minst"]) == 2
    assert "unknown data set 'minst'; data sets to download: cifar10" in capsys.readouterr().err
