"""``layerzoo time``."""

from __future__ import annotations

import json
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


TRAINED = """name: "n"
layer { name: "d" type: "DrawnData" top: "x" top: "t" include { phase: TRAIN }
        drawn_data_param { task: "waves" batch_size: 8 } }
layer { name: "e" type: "DrawnData" top: "x" top: "t" include { phase: TEST }
        drawn_data_param { task: "waves" batch_size: 5 } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 10 } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "l" }
"""


@pytest.fixture
def solver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A solver; each layer takes 1 and 2 ms, the memory no time. Types of params are kept in ``types``."""

    def times(net: Net, iterations: int) -> list[LayerTime]:
        (tmp_path / "types").write_text(str({param.dtype for param in net.parameters()}))
        return [LayerTime(layer, 0.001, 0.002 * layer.needs_backward) for layer in net.graph.layers]

    monkeypatch.setattr(layerzoo.engine.rates, "measure_rates", lambda device: Rates(1e9, 1e30))
    monkeypatch.setattr(layerzoo.engine.timing, "time_net", times)
    (tmp_path / "net.prototxt").write_text(TRAINED)
    path = tmp_path / "solver.prototxt"
    path.write_text(
        'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 9 solver_mode: CPU iter_size: 2\n'
    )
    return str(path)


def test_solver_gives_the_net_batch_and_passes(solver: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Two layers with passes of 1 and 2 ms, twice; the data layer is read ahead."""
    args = ["-gpus", "2", "-link", "1TB/s", "-latency", "0s", "-format", "json"]
    assert main(["time", "-solver", solver, *args]) == 0
    one, both = (json.loads(line) for line in capfd.readouterr().out.splitlines())
    assert one["iteration_ms"] == 12
    assert one["samples_per_second"] == pytest.approx(16 / 0.012, rel=1e-4)
    assert (both["gpus"], both["samples_per_second"]) == (2, pytest.approx(32 / 0.012, rel=1e-4))


def test_solver_with_a_global_batch_is_predicted_for_its_processes(
    solver: str, capfd: pytest.CaptureFixture[str]
) -> None:
    args = ["-gpus", "4", "-link", "1TB/s", "-latency", "0s"]
    settings = ["-set", "distributed_param.global_batch_size=64", "-set", "precision=FP64"]
    assert main(["time", "-solver", solver, *args, *settings]) == 0
    said = capfd.readouterr()
    assert "predicted: batch size 8 x 2 passes on each GPU, computation 12.000 ms" in said.out
    rows = [line.split()[:2] for line in said.out.partition("bottleneck")[2].splitlines() if line.strip()]
    assert [row for row in rows if row[0].isdecimal()] == [["1", "4"]]
    assert (Path(solver).parent / "types").read_text() == "{torch.float64}"
    assert main(["time", "-solver", solver, *args, "-set", "distributed_param.global_batch_size=60"]) == 2
    assert "global_batch_size 60 can't be divided by 4 processes with iter_size 2" in capfd.readouterr().err


def test_solver_tells_what_the_prediction_leaves_out(solver: str, capfd: pytest.CaptureFixture[str]) -> None:
    args = ["-gpus", "2", "-link", "1TB/s", "-gpu_rate", "1TFLOP/s"]
    settings = ["-set", "distributed_param.compression=POWER_SGD"]
    assert main(["time", "-solver", solver, *args, *settings]) == 0
    note = "note: the prediction leaves out compression: POWER_SGD, whose gradients are predicted as they are"
    assert note in capfd.readouterr().err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-model", "net.yaml"], "-model and -solver: give one of them; a solver names its net"),
        (["-phase", "TEST"], "-phase TEST: a solver trains"),
        (["-set", "moment=1"], "did you mean 'momentum'?"),
    ],
)
def test_solver_is_given_alone_and_without_faults(
    solver: str, args: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["time", "-solver", solver, *args]) == 2
    assert message in capfd.readouterr().err
