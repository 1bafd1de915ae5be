"""The memory report of a run, and out-of-memory errors."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch

from layerzoo.errors import OutOfMemoryError, UsageError
from layerzoo.loader import parse_solver
from layerzoo.solver import Solver
from layerzoo.solver.failures import out_of_memory as memory_module

NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" size: 8 batch_size: 16 } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 100 } }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" inner_product_param { num_output: 10 } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "b" bottom: "t" top: "l" }
"""
BASE = """base_lr: 0.02 momentum: 0.9 lr_policy: "fixed" random_seed: 5 solver_mode: CPU snapshot_prefix: "r"
max_iter: 2 """


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solver(text: str = "", net: str = NET) -> Solver:
    return Solver(parse_solver(f"{BASE} {text} net_param {{ {net} }}"))


def available(monkeypatch: pytest.MonkeyPatch, size: int | None) -> None:
    monkeypatch.setattr(memory_module, "available_memory", lambda _: size)


def test_log_reports_memory_once_before_the_first_iteration(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    available(monkeypatch, 5 << 30)
    with caplog.at_level(logging.INFO, "layerzoo"):
        solver("display: 1").solve()
    (said,) = [m for m in caplog.messages if "Memory" in m]
    params = f"{4 * (64 * 100 + 100 + 1000 + 10) / 1024:.1f} KiB"
    assert f"{params} params, {params} gradients, {params} solver history" in said
    assert said.endswith("available beside params, gradients and history: 5.0 GiB")
    assert caplog.messages.index(said) < next(
        i for i, m in enumerate(caplog.messages) if m.startswith("Iteration 0")
    )


def test_log_warns_with_the_batch_that_would_fit(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    s = solver("iter_size: 3")
    estimate = s.memory.estimate()
    available(monkeypatch, estimate.constant + 5 * estimate.per_sample)
    with caplog.at_level(logging.WARNING, "layerzoo"):
        s.memory.log()
    assert "batch_size: 4 with iter_size: 12 would fit, by estimate, in place of 16 with 3" in caplog.text


def test_log_without_known_memory_only_reports_the_need(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    available(monkeypatch, None)
    with caplog.at_level(logging.INFO, "layerzoo"):
        solver().memory.log()
    assert "available" not in caplog.text


def test_out_of_memory_names_layer_and_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    s = solver("iter_size: 2")
    estimate = s.memory.estimate()
    available(monkeypatch, estimate.constant + 9 * estimate.per_sample)
    s.net.layer("b").register_forward_pre_hook(lambda _, bottoms: torch.empty(1 << 58))
    with pytest.raises(OutOfMemoryError) as caught:
        s.solve()
    lines = str(caught.value).splitlines()
    assert lines[0] == "out of memory in layer 'b' (InnerProduct), iteration 0"
    assert lines[1].startswith("needed: about ")
    assert lines[2].startswith("available: ")
    assert lines[3] == "batch_size: 8 with iter_size: 4 would fit, by estimate, in place of 16 with 2"
    assert caught.value.exit_code == 1


def test_out_of_memory_if_no_batch_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    s = solver()
    available(monkeypatch, 0)
    s.net.layer("a").register_forward_pre_hook(lambda _, bottoms: torch.empty(1 << 58))
    with pytest.raises(OutOfMemoryError, match="by estimate no batch fits; use a smaller net"):
        s.solve()


def test_out_of_memory_in_the_backward_pass_names_the_layer() -> None:
    s = solver()

    class Hungry(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, x: torch.Tensor) -> torch.Tensor:
            return x.clone()

        @staticmethod
        def backward(ctx: object, grad: torch.Tensor) -> torch.Tensor:
            return torch.empty(1 << 58)

    s.net.layer("b").register_forward_pre_hook(lambda _, bottoms: (Hungry.apply(bottoms[0]),))
    with pytest.raises(OutOfMemoryError, match="in the backward pass of layer 'b', iteration 0"):
        s.solve()


def test_explained_passes_other_errors_on() -> None:
    with pytest.raises(ZeroDivisionError), solver().memory.explained(lambda: 0):
        raise ZeroDivisionError


def test_explained_names_a_layer_without_deterministic_algorithm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "are_deterministic_algorithms_enabled", lambda: True)
    error = RuntimeError("put_cuda does not have a deterministic implementation, but you set ... . You can")
    error.add_note("in layer 'pool' (Pooling, net.prototxt:3:1), bottoms: (1, 2)")
    with (
        pytest.raises(UsageError, match=r"^layer 'pool' \(Pooling\): put_cuda.*; remove -deterministic$"),
        solver().memory.explained(lambda: 0),
    ):
        raise error


def test_explained_names_a_layer_that_lacks_a_precision() -> None:
    error = RuntimeError("\"slow_conv2d_cpu\" not implemented for 'Half'")
    error.add_note("in layer 'conv1' (Convolution, net.prototxt:3:1), bottoms: (1, 2)")
    with (
        pytest.raises(UsageError, match=r"^layer 'conv1' \(Convolution\): .* on cpu; .* in layer_precision$"),
        solver().memory.explained(lambda: 0),
    ):
        raise error
