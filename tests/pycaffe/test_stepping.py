from __future__ import annotations

import pytest

import layerzoo.pycaffe as caffe
from layerzoo.pycaffe.stepping import Stepper, fill_inputs
from tests.pycaffe.conftest import NET, Write


def test_stepper_runs_forward_and_backward(write: Write) -> None:
    lines: list[str] = []
    stepper = Stepper(caffe.Net(write(NET), caffe.TRAIN), lines.append)
    stepper.where()
    assert lines[0].startswith("next: 0 data (DummyData)  ")
    stepper.until("ip")
    assert stepper.at == 3
    assert "2 ip (InnerProduct) forward" in lines
    stepper.run()
    stepper.step()
    assert lines[-1].startswith("at the end")
    stepper.back(2)
    assert any(line.startswith("    ip[1] 13  min") for line in lines)
    stepper.reset()
    assert stepper.at == 0
    stepper.back()
    assert lines[-1] == "at the start"
    stepper.show("conv")
    assert sum(line.startswith("conv") for line in lines) == 3  # the blob and two params
    stepper.show("nothing")
    assert lines[-1].startswith("no blob 'nothing'")
    with pytest.raises(ValueError, match="no layer 'x'; expected one of data, conv"):
        stepper.until("x")


def test_stepper_warns_of_a_missing_gradient(write: Write) -> None:
    lines: list[str] = []
    text = "input: 'x' input_shape { dim: 2 dim: 3 } force_backward: true "
    stepper = Stepper(
        caffe.Net(write(text + "layer { name: 'r' type: 'ReLU' bottom: 'x' top: 'y' }"), caffe.TEST),
        lines.append,
    )
    stepper.run()
    stepper.back()
    assert "no gradient has reached it; to set one: net.blobs['y'].diff[...] = 1" in lines
    lines.clear()
    stepper.step()
    stepper.net.blobs["y"].diff[...] = 1
    stepper.back()
    assert not any("no gradient" in line for line in lines)


def test_stepper_stays_after_a_failed_backward_pass(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    stepper = Stepper(caffe.Net(write(NET), caffe.TRAIN), lambda line: None)
    stepper.run()
    monkeypatch.setattr(stepper.net.runner, "backward", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        stepper.back()
    assert stepper.at == 4


def test_fill_inputs_follows_the_seed(write: Write) -> None:
    net = caffe.Net(write("input: 'x' input_shape { dim: 50 }"), caffe.TEST)
    fill_inputs(net)
    assert 0.5 < net.blobs["x"].data.std() < 1.5


def test_stepper_shows_the_steps_of_a_subnet_that_a_layer_runs(write: Write) -> None:
    lines: list[str] = []
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 2 dim: 4 } } }
    layer { name: "r" type: "Recurrent" bottom: "x" top: "r" subnet_param {
      carry { blob: "y" input: "h" } body {
      layer { name: "in" type: "Input" top: "x" }
      layer { name: "h" type: "Input" top: "h" input_param { shape { dim: -1 dim: 4 } } }
      layer { name: "sum" type: "Eltwise" bottom: "x" bottom: "h" top: "y" } } } }"""
    stepper = Stepper(caffe.Net(write(text), caffe.TEST), lines.append)
    stepper.net.blobs["x"].data[...] = 1
    stepper.run()
    assert [line.split()[0] for line in lines if "sum" in line] == ["r/0/sum:", "r/1/sum:", "r/2/sum:"]
    assert lines[-1] == "    r/2/sum: y 2x4  min 3  mean 3  max 3"
