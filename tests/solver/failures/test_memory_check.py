"""The check of memory before training."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import OutOfMemoryError
from layerzoo.loader import parse_solver
from layerzoo.memory import needs as memory_needs
from layerzoo.solver import Solver, check_solver
from layerzoo.solver.failures.memory_check import memory_warnings, solver_needs

SOLVER = """
base_lr: 0.1
lr_policy: fixed
max_iter: 2
type: {type}
{more}
net_param:
  name: small
  layer:
  - {{name: data, type: DummyData, top: [data, label],
     dummy_data_param: {{shape: [{{dim: [8, 100]}}, {{dim: 8}}]}}}}
  - {{name: ip, type: InnerProduct, bottom: data, top: ip,
     inner_product_param: {{num_output: {outputs}, weight_filler: {{type: xavier}}}}}}
  - {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss}}
"""
CPU = torch.device("cpu")
PARAMS = 4 * 1010


def solver(kind: str = "SGD", more: str = "", outputs: int = 10) -> Solver:
    return Solver(
        parse_solver(SOLVER.format(type=kind, more=more, outputs=outputs), format="yaml"), device="cpu"
    )


@pytest.mark.parametrize(
    ("kind", "more", "copies"),
    [
        ("SGD", "momentum: 0.9", 1),
        ("Adam", "momentum: 0.9", 2),
        ("AdaDelta", "momentum: 0.9", 2),
        ("SGD", "momentum: 0.9\nema_param: {decay: 0.9}", 2),
    ],
)
def test_history_is_counted_as_it_is_allocated(kind: str, more: str, copies: int) -> None:
    text = SOLVER.format(type=kind, more=more, outputs=10)
    document = parse_solver(text, format="yaml")
    needs = solver_needs(document.message, check_solver(document))
    assert (needs.params, needs.gradients, needs.history) == (PARAMS, PARAMS, copies * PARAMS)
    built = Solver(document, device="cpu")
    assert sum(blob.nbytes for blob in built.engine.rule.history) in {needs.history, needs.history - PARAMS}


def test_needs_of_a_sharded_run_are_those_of_a_process() -> None:
    text = SOLVER.format(type="Adam", more="distributed_param: {sharding: FULL}", outputs=10)
    document = parse_solver(text, format="yaml")
    checked = check_solver(document, processes=4)
    alone, needs = (solver_needs(document.message, checked, count) for count in (1, 4))
    assert (alone.params, alone.history) == (PARAMS, 2 * PARAMS)
    assert (needs.params, needs.gradients, needs.history) == (PARAMS // 4, PARAMS // 4, PARAMS // 2)
    assert needs.kept == alone.kept + 2 * PARAMS, "the layer is gathered, with its gradients"


@pytest.fixture
def available(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of available bytes, as the one element of a list."""
    count = [1 << 40]
    monkeypatch.setattr(memory_needs, "available_memory", lambda *_, **__: count[0])
    return count


def test_solver_is_refused_before_its_net_is_built(available: list[int]) -> None:
    available[0] = 3 * PARAMS - 1
    with pytest.raises(OutOfMemoryError, match=r"needs at least 11\.8 KiB of memory \(3\.9 KiB params, "):
        solver()


def test_run_is_refused_before_its_first_pass(
    available: list[int], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.chdir(str(tmp_path))
    built = solver()
    blobs = 4 * (808 + 80)
    available[0] = blobs - 1
    with pytest.raises(OutOfMemoryError, match=r"batch_size: 4 with iter_size: 2 would fit"):
        built.solve()
    available[0] = blobs
    built.memory.check()


def test_warnings_of_a_check_tell_the_same(available: list[int]) -> None:
    document = parse_solver(SOLVER.format(type="SGD", more="", outputs=10), format="yaml")
    checked = check_solver(document)
    assert memory_warnings(document.message, checked, CPU) == []
    needs = solver_needs(document.message, checked)
    available[0] = needs.likely - 1
    (warning,) = memory_warnings(document.message, checked, CPU)
    assert "needs about" in warning.message
    available[0] = needs.least - 1
    (warning,) = memory_warnings(document.message, checked, CPU)
    assert "needs at least" in warning.message
