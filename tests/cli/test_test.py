"""``layerzoo test``; tests of zoo entries are with training, which publishes them."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
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


@pytest.mark.parametrize(
    ("name", "flags", "value"),
    [
        ("map_maxintegral", ["-ap_version", "MaxIntegral", "-show_per_class_result"], "0.664775"),
        ("map_integral", [], "0.642806"),
    ],
)
def test_detections_give_the_mean_average_precision(
    name: str, flags: list[str], value: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with np.load(f"tests/data/conformance/forks/map/{name}.npz") as case:
        with h5py.File(tmp_path / "data.h5", "w") as file:
            file["det"], file["gt"] = case["data/det"], case["data/gt"]
        (tmp_path / "net.prototxt").write_text(str(case["test"]))
    (tmp_path / "list.txt").write_text("data.h5\n")
    assert main(["test", "-model", str(tmp_path / "net.prototxt"), "-iterations", "0", *flags]) == 0
    lines = capfd.readouterr().err
    assert f"detection_eval = {value}" in lines
    assert "Batch 0" not in lines
    assert ("class1: 0.570833" in lines) == bool(flags)
