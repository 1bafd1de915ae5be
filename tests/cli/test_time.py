"""``layerzoo time``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from tests.cli.caffe_lines import shapes


def test_lines_are_caffes(capfd: pytest.CaptureFixture[str], data: Path) -> None:
    net = "configs/lenet_train_test.yaml"
    command = ["time", "-model", net, "-iterations", "2", "-set", "layer[digits].name=mnist"]
    assert main(command) == 0
    wanted = shapes((data / "conformance/logs/caffe_time.log").read_text(), "caffe.cpp")
    assert len(wanted) == 31
    assert shapes(capfd.readouterr().err) == wanted


def test_input_without_a_shape_is_a_fault(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "open.prototxt"
    path.write_text('name: "n"\nlayer { name: "x" type: "Input" top: "x" }\n')
    assert main(["time", "-model", str(path)]) == 2
    assert f"{path}:2:1: input 'x' has no shape" in capfd.readouterr().err
