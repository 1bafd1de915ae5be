"""Choice of a solver's device, and deterministic algorithms."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.schema import SolverParameter
from layerzoo.solver.config.device import be_deterministic, choose_device


@pytest.fixture
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", False)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    fills = torch.utils.deterministic.fill_uninitialized_memory
    yield
    torch.use_deterministic_algorithms(False)
    torch.utils.deterministic.fill_uninitialized_memory = fills
    os.environ.pop("CUBLAS_WORKSPACE_CONFIG", None)


@pytest.mark.usefixtures("as_before")
def test_be_deterministic_sets_every_switch() -> None:
    be_deterministic()
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled(), "a guarantee is one"
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cudnn.benchmark
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert not torch.utils.deterministic.fill_uninitialized_memory


def test_choose_device_without_the_gpu(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(UsageError, match="no GPU 1: torch sees 0"):
        choose_device(SolverParameter(), "cuda:1")
    with caplog.at_level(logging.WARNING, "layerzoo"):
        assert choose_device(SolverParameter(solver_mode=SolverParameter.GPU)).type == "cpu"
    assert "running on the CPU" in caplog.text


def test_choose_device_prefers_the_requested_one() -> None:
    assert choose_device(SolverParameter(solver_mode=SolverParameter.GPU), "cpu").type == "cpu"
    assert choose_device(SolverParameter(solver_mode=SolverParameter.CPU)).type == "cpu"
