"""``layerzoo device_query``."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from layerzoo.cli.device_query import lines
from layerzoo.cli.main import main
from tests.gpu import on_a_gpu


def test_no_gpu_is_reported_without_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    for args in (["device_query"], ["device_query", "-gpu", "0"], ["-gpu=all", "device_query"]):
        assert main(args) == 0
        assert "] No GPU: " in capsys.readouterr().err


def test_missing_gpu_is_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda index: SimpleNamespace(name=f"card {index}")
    )
    assert main(["device_query", "-gpu", "1,7"]) == 2
    err = capsys.readouterr().err
    assert "] Name:                          card 1\n" in err
    assert err.endswith("error: -gpu 7: no such GPU; available: 0, 1\n")


def test_lines_are_caffes() -> None:
    card = SimpleNamespace(name="H100", major=9, minor=0, total_memory=85029158912, multi_processor_count=132)
    assert lines(0, card) == [
        "Device id:                     0",
        "Major revision number:         9",
        "Minor revision number:         0",
        "Name:                          H100",
        "Total global memory:           85029158912",
        "Number of multiprocessors:     132",
    ]


@on_a_gpu
def test_real_gpu_is_queried(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["device_query", "-gpu", "0"]) == 0
    err = capsys.readouterr().err
    assert f"Name:                          {torch.cuda.get_device_name(0)}\n" in err
    assert "Warp size:                     32\n" in err
