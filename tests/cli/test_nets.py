"""Functions shared by commands that load nets."""

from __future__ import annotations

import logging

import pytest
import torch

from layerzoo.cli.nets import announce, check_publish, default_device, device_of, required, wired
from layerzoo.errors import ConfigError, UsageError
from layerzoo.loader import parse_net
from layerzoo.schema import TEST, NetState

NET = """
layer { name: "d" type: "Data" top: "x" data_param { source: "none" batch_size: 2 }
  transform_param { crop_size: 10 } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 4 kernel_size: %d } }
"""


def test_required_returns_the_value() -> None:
    assert required("out", "net.svg") == "net.svg"
    assert required("blobs", ("a", "b")) == ("a", "b")


@pytest.mark.parametrize("value", [None, "", ()])
def test_required_names_a_missing_flag(value: object) -> None:
    with pytest.raises(UsageError, match=r"^-out is required$"):
        required("out", value)


def test_device_of_gpu_indices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert device_of(None) is None
    assert device_of(()) == torch.device("cpu")
    assert device_of((0,)) == torch.device("cuda", 0)
    assert device_of((1,)) == torch.device("cuda", 1)
    with pytest.raises(UsageError, match="-gpu 2: torch detects 2 GPUs; use -gpu none for the CPU"):
        device_of((2,))


def test_device_of_a_gpu_on_a_machine_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(UsageError, match="-gpu 0: torch detects no GPUs"):
        device_of((0,))


def test_default_device_is_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    assert default_device(None) == torch.device("cpu")
    assert torch.backends.cudnn.allow_tf32
    assert default_device((0,)) == torch.device("cuda", 0)
    assert not torch.backends.cudnn.allow_tf32, "Caffe's products are FP32"


def test_check_publish_refuses_names_that_are_paths() -> None:
    check_publish("")
    check_publish("lenet-digits")
    with pytest.raises(UsageError, match=r"^publish: .*'\.\./x'"):
        check_publish("../x")


@pytest.mark.parametrize(
    ("device", "line"),
    [(torch.device("cpu"), "Use CPU."), (torch.device("cuda", 3), "Use GPU with device ID 3.")],
)
def test_announce_logs_caffes_line(device: torch.device, line: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "layerzoo"):
        announce(device)
    assert caplog.messages == [line]


def test_wired_assumes_shapes_of_missing_data(capsys: pytest.CaptureFixture[str]) -> None:
    graph = wired(parse_net(NET % 3), NetState(phase=TEST))
    assert graph.blobs[graph.layers[1].tops[0]].shape == (2, 4, 8, 8)
    assert capsys.readouterr().err == "no data found; assumed: 2x3x10x10 for Data 'd'\n"


def test_wired_raises_the_faults_of_the_config_itself() -> None:
    with pytest.raises(ConfigError, match="'none' can't be opened"):
        wired(parse_net(NET % 30), NetState(phase=TEST))
