"""``layerzoo fold``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.loader import load_net
from tests.shipped import FOLDER


def test_folded_file_loads_as_the_same_net(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flat, target = FOLDER / "resnet18_train_val.prototxt", tmp_path / "net.yaml"
    assert main(["fold", str(flat), str(target)]) == 0
    assert f"wrote {target}" in capsys.readouterr().out
    assert load_net(target).message == load_net(flat).message
    assert main(["expand", str(target), str(tmp_path / "flat.prototxt")]) == 0
    assert load_net(tmp_path / "flat.prototxt").message == load_net(flat).message


def test_target_has_to_be_yaml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fold", str(FOLDER / "lenet_train_test.prototxt"), str(tmp_path / "net.prototxt")]) == 2
    assert "name it .yaml" in capsys.readouterr().err


def test_net_is_printed_without_a_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fold", str(FOLDER / "lenet_train_test.prototxt")]) == 0
    assert "layer:" in capsys.readouterr().out
