"""``layerzoo test``; tests of zoo entries are with training, which publishes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from tests.cli.caffe_lines import shapes


def test_lines_are_caffes(capfd: pytest.CaptureFixture[str], data: Path) -> None:
    assert main(["test", "-model", "configs/lenet_train_test.yaml", "-iterations", "2"]) == 0
    wanted = shapes((data / "conformance/logs/caffe_test.log").read_text(), "caffe.cpp")
    assert {"Loss: N", "accuracy = N", "Batch N, accuracy = N"} <= wanted
    assert shapes(capfd.readouterr().err) == wanted


def test_weights_of_another_net_are_refused_unless_lenient(capfd: pytest.CaptureFixture[str]) -> None:
    command = [
        "test",
        "-model",
        "configs/mlp_train_test.yaml",
        "-weights",
        "zoo:char-lstm",
        "-iterations",
        "1",
    ]
    assert main(command) == 1
    assert "no blob of the weights fits the net" in capfd.readouterr().err
    assert main([*command, "-lenient"]) == 0
    assert "Loss: " in capfd.readouterr().err
