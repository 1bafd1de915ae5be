"""``layerzoo time``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from tests.cli.caffe_lines import shapes


def test_the_lines_are_caffes(capfd: pytest.CaptureFixture[str], data: Path) -> None:
    net = "configs/lenet_train_test.yaml"
    command = ["time", "-model", net, "-iterations", "2", "-set", "layer[digits].name=mnist"]
    assert main(command) == 0
    wanted = shapes((data / "conformance/logs/caffe_time.log").read_text(), "caffe.cpp")
    assert len(wanted) == 31
    assert shapes(capfd.readouterr().err) == wanted
