"""Predictions of ``layerzoo time``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import layerzoo.engine.rates
import layerzoo.engine.timing
from layerzoo.cli.main import main
from layerzoo.cli.scaled import requested
from layerzoo.engine.rates import Rates
from layerzoo.engine.timing import LayerTime
from layerzoo.net import Net
from layerzoo.scaling import Link

NET = """
layer { name: "d" type: "DummyData" top: "x" top: "t"
        dummy_data_param { shape { dim: 10 dim: 100 } shape { dim: 10 dim: 50 } } }
layer { name: "a, b" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 50 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""


@pytest.fixture
def net(tmp_path: Path) -> str:
    """A net with 5,050 params: 20,200 bytes of gradients; 50,000 multiply-adds a pass."""
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    return str(path)


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each layer takes 1 and 2 ms, the data layer 0; a memory of 202 MB/s makes the update 0.5 ms."""

    def times(net: Net, iterations: int) -> list[LayerTime]:
        return [LayerTime(layer, 0.001, 0.002 * layer.needs_backward) for layer in net.graph.layers]

    monkeypatch.setattr(layerzoo.engine.rates, "measure_rates", lambda device: Rates(1e9, 2.02e8))
    monkeypatch.setattr(layerzoo.engine.timing, "time_net", times)


def test_requested_reads_links_and_clusters() -> None:
    found = requested(6, "3GB/s", "2us", 3, "8Gb/s", "9us", None, None)
    assert found is not None
    assert found.cluster.link == pytest.approx(Link(2e-6, 3e9))
    assert found.cluster.network == pytest.approx(Link(9e-6, 1e9))
    sizes = [(cluster.gpus, cluster.machines) for cluster in found.clusters()]
    assert sizes == [(1, 1), (2, 1), (4, 1), (6, 1), (6, 2), (6, 3)]


def test_measured_prediction_as_json(net: str, rates: None, capfd: pytest.CaptureFixture[str]) -> None:
    """Two steps of 1 ms for the bucket, sent after the pass, and two for the loss; 20.2 ms of bytes."""
    args = ["-gpus", "2", "-link", "1MB/s", "-latency", "1ms", "-format", "json"]
    assert main(["time", "-model", net, *args]) == 0
    one, both = (json.loads(line) for line in capfd.readouterr().out.splitlines())
    assert (one["gpus"], one["iteration_ms"], one["efficiency"]) == (1, 6.5, 1.0)
    assert one["bottleneck"] == "computation"
    assert both == {
        "machines": 1,
        "gpus": 2,
        "iteration_ms": pytest.approx(6.5 + 24.204),
        "samples_per_second": pytest.approx(20 / 0.030704, rel=1e-4),
        "speedup": pytest.approx(13 / 30.704, rel=1e-3),
        "efficiency": pytest.approx(6.5 / 30.704, rel=1e-4),
        "all_reduce_ms": pytest.approx(24.204),
        "waiting_ms": pytest.approx(24.204),
        "bottleneck": "link",
    }


def test_estimated_prediction_as_csv(
    net: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """100 million operations a second: 1 ms forward, 1 ms backward, and nothing is measured."""
    monkeypatch.setattr(layerzoo.engine.timing, "time_net", None)
    args = ["-gpu_rate", "0.0001TFLOP/s", "-machines", "2", "-network", "80Mb/s", "-network_latency", "0s"]
    assert main(["time", "-model", net, *args, "-format", "csv"]) == 0
    header, one, two = capfd.readouterr().out.splitlines()
    assert header.startswith("machines,gpus,iteration_ms,samples_per_second,speedup,efficiency,")
    assert one == "1,1,2.0,5000.0,1.0,1.0,0.0,0.0,computation"
    assert two.split(",")[:3] == ["2", "2", "4.0204"]
    assert two.endswith("2.0204,2.0204,network")


def test_prediction_as_a_table(net: str, rates: None, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["time", "-model", net, "-gpus", "2", "-link", "1MB/s", "-latency", "1ms"]) == 0
    out = capfd.readouterr().out
    assert "predicted: batch size 10 on each GPU, computation 6.500 ms (measured here), " in out
    assert "0.0 MB of gradients in 1 bucket\nlink: 0.001 GB/s, 1000 us a step\n" in out
    rows = [line.split() for line in out.splitlines()]
    assert ["1", "1", "6.500", "1,538", "1.00", "100.0%", "0.000", "0.000", "computation"] in rows
    assert ["1", "2", "30.704", "651", "0.42", "21.2%", "24.204", "24.204", "link"] in rows


def test_layers_as_csv_and_json(net: str, rates: None, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["time", "-model", net, "-format", "csv"]) == 0
    assert capfd.readouterr().out.splitlines() == [
        "layer,forward_ms,backward_ms", "d,1.0,0.0", '"a, b",1.0,2.0', "loss,1.0,2.0",
    ]  # fmt: skip
    assert main(["time", "-model", net, "-format", "json"]) == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert lines[1] == {"layer": "a, b", "forward_ms": 1.0, "backward_ms": 2.0}


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ("-gpus 8", "-gpus 8: the link between them is not known; add -link RATE"),
        ("-machines 2", "-machines 2: the network between them is not known; add -network RATE"),
        ("-link 1GB/s", "-link has no effect without -gpus"),
        ("-gpus 2 -link 1GB/s -network 1Gb/s", "-network has no effect without -machines"),
        ("-gpu_rate 1TFLOP/s", "-gpu_rate has no effect without -gpus or -machines"),
        ("-gpus 1 -gpu_memory_rate 1TB/s", "-gpu_memory_rate has no effect without -gpu_rate"),
        ("-gpus 2 -link 1gB/s", "-link 1gB/s: no unit 'gB/s'; did you mean 1GB/s or 1Gb/s?"),
        ("-gpus 2 -link 1GB/s -latency 5", "-latency 5: the unit is missing; write -latency 10us"),
        ("-gpus 0", "0 is not in the range"),
    ],
)
def test_flags_that_contradict_are_faults(
    net: str, args: str, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["time", "-model", net, *args.split()]) == 2
    assert told in capfd.readouterr().err
