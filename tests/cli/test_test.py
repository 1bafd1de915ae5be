"""``layerzoo test``; what it makes of the zoo's entries stands with training, which publishes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from tests.cli.caffe_lines import shapes


def test_the_lines_are_caffes(capfd: pytest.CaptureFixture[str], data: Path) -> None:
    assert main(["test", "-model", "configs/lenet_train_test.yaml", "-iterations", "2"]) == 0
    wanted = shapes((data / "conformance/logs/caffe_test.log").read_text(), "caffe.cpp")
    assert {"Loss: N", "accuracy = N", "Batch N, accuracy = N"} <= wanted
    assert shapes(capfd.readouterr().err) == wanted
