from __future__ import annotations

import logging

import pytest
import torch

import layerzoo.pycaffe as caffe
from layerzoo.pycaffe import state


def test_set_mode_gpu_without_a_gpu_warns(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert state.device() == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    caffe.set_device(3)
    with caplog.at_level(logging.WARNING):
        caffe.set_mode_gpu()
    assert "no GPU" in caplog.text
    assert state.device() == torch.device("cpu")


def test_set_mode_and_set_device_select_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    caffe.set_device(1)
    caffe.set_mode_gpu()
    assert not torch.backends.cudnn.allow_tf32, "Caffe's products are FP32"
    assert state.device() == torch.device("cuda", 1)
    caffe.set_mode_cpu()
    assert state.device() == torch.device("cpu")
    with pytest.raises(RuntimeError, match="no GPU 2"):
        caffe.set_device(2)


def test_solver_count_and_rank() -> None:
    assert (caffe.solver_count(), caffe.solver_rank()) == (1, 0)
    caffe.set_solver_count(4)
    caffe.set_solver_rank(3)
    caffe.set_multiprocess(True)
    assert (caffe.solver_count(), caffe.solver_rank()) == (4, 3)


def test_log_follows_init_log(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    caffe.init_log()
    caffe.log("a line")
    caffe.init_log(2)
    caffe.log("not this one")
    caffe.init_log(0, False)
    caffe.log("not this one")
    caffe.init_log(0, True)
    caffe.log("another")
    said = capsys.readouterr().err
    assert "] a line" in said
    assert "] another" in said
    assert "not this one" not in said


def test_layer_type_list_is_sorted() -> None:
    types = caffe.layer_type_list()
    assert types == sorted(types)
    assert {"Convolution", "Python", "SoftmaxWithLoss"} <= set(types)
