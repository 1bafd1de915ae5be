"""``layerzoo time``."""

from __future__ import annotations

from pathlib import Path

import pytest

import layerzoo.engine.rates
import layerzoo.engine.timing
from layerzoo.cli.main import main
from layerzoo.engine.rates import Rates
from layerzoo.engine.timing import LayerTime
from layerzoo.net import Net
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


NET = """
layer { name: "d" type: "DummyData" top: "x" top: "t"
        dummy_data_param { shape { dim: 10 dim: 100 } shape { dim: 10 dim: 50 } } }
layer { name: "a_layer/of_a_long_name/%s" type: "InnerProduct" bottom: "x" top: "y"
        inner_product_param { num_output: 50 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""


def test_table_compares_layers_with_the_rates(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rates of 1 GFLOP/s and 1 GB/s, passes of 1 and 2 ms."""

    def times(net: Net, iterations: int) -> list[LayerTime]:
        return [LayerTime(layer, 0.001, 0.002) for layer in net.graph.layers]

    monkeypatch.setattr(layerzoo.engine.rates, "measure_rates", lambda device: Rates(1e9, 1e9))
    monkeypatch.setattr(layerzoo.engine.timing, "time_net", times)
    path = tmp_path / "net.prototxt"
    path.write_text(NET % ("x" * 30))
    assert main(["time", "-model", str(path), "-threads", "1"]) == 0
    first, *table = capfd.readouterr().out.splitlines()
    assert first == "CPU, 1 thread: matrix rate 1.0 GFLOP/s (FP32), memory rate 1.0 GB/s"
    rows = {row.split()[0]: row.split()[1:] for row in table if row.strip()}
    # 10 x 100 x 50 multiply-adds; 1,000 + 500 + 5,050 floats
    assert rows[f"a_layer/of_a_long_name/{'x' * 30}"] == ["1.000", "10.0%", "2.6%", "2.000", "5.0%", "1.3%"]
    assert rows["d"] == ["1.000", "0.6%"]
    assert rows["loss"] == ["1.000", "0.4%", "2.000", "0.2%"]
    assert rows["all"][1:] == ["3.000", "3.3%", "1.2%", "6.000", "1.7%", "0.5%"]
    assert all(len(row) <= 140 for row in table)
