"""The search for the largest batch that fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.loader import load_solver, parse_solver
from layerzoo.solver import Solver
from layerzoo.solver.trials import find_batch as module
from layerzoo.solver.trials.find_batch import BatchSearch, Trial


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solver() -> Solver:
    return Solver(load_solver("configs/mlp_solver.yaml", ("solver_mode=CPU",)))


def sizes(search: BatchSearch, monkeypatch: pytest.MonkeyPatch, limit: int, seconds: float = 0) -> list[int]:
    """The batch sizes that are tried if batches up to ``limit`` fit."""
    monkeypatch.setattr(search, "_try", lambda size: Trial(size, 0, 0, seconds, size <= limit))
    return [trial.batch_size for trial in search.trials()]


def test_trials_double_then_bisect(monkeypatch: pytest.MonkeyPatch) -> None:
    search = BatchSearch(solver(), 1 << 30, largest=10_000)
    assert search.estimate.batch_size == 64
    assert sizes(search, monkeypatch, 300) == [64, 128, 256, 512, 384, 320, 288]
    assert search.best == 288, "within an eighth"


def test_trials_go_down_from_a_batch_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    search = BatchSearch(solver(), 1 << 30)
    assert sizes(search, monkeypatch, 5) == [64, 32, 16, 8, 4, 6, 5]
    assert search.best == 5
    assert sizes(BatchSearch(solver(), 1 << 30), monkeypatch, 0)[-1] == 1


def test_trials_end_at_the_data_set_and_at_slow_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sizes(BatchSearch(solver(), 1 << 30), monkeypatch, 99_999) == [64, 128, 256, 512, 1024, 1437]
    assert sizes(BatchSearch(solver(), 1 << 30), monkeypatch, 99_999, 31.0) == [64]


def test_trial_measures_a_step(in_folder: Path) -> None:
    search = BatchSearch(solver(), 1 << 30, largest=128)
    trials = list(search.trials())
    assert [(t.batch_size, t.fits) for t in trials] == [(64, True), (128, True)]
    assert all(t.seconds is not None and t.seconds > 0 for t in trials)
    assert trials[1].estimated > trials[0].estimated
    assert not list(in_folder.iterdir())


def test_trial_on_a_cpu_skips_far_too_large_batches() -> None:
    search = BatchSearch(solver(), 1000)
    assert search.by_estimate == 0 or search.by_estimate < 64
    first = next(search.trials())
    assert (first.fits, first.seconds) == (False, None)


def test_trial_that_runs_out_of_memory_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    s = solver()

    def hungry(iteration: int, lr: float) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(s.engine, "train_step", hungry)
    assert not next(BatchSearch(s, 1 << 30).trials()).fits


def test_budget_defaults_to_a_share_of_available_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "available_memory", lambda _: 1000)
    assert BatchSearch(solver()).budget == 900
    monkeypatch.setattr(module, "available_memory", lambda _: None)
    with pytest.raises(UsageError, match="give a budget"):
        BatchSearch(solver())


def test_batch_search_refuses_a_net_of_fixed_batch_size() -> None:
    net = """layer { name: "d" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 dim: 2 } } }
    layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 1 } }
    layer { name: "l" type: "Reduction" bottom: "a" top: "l" loss_weight: 1 }"""
    s = Solver(parse_solver(f'base_lr: 1 lr_policy: "fixed" solver_mode: CPU net_param {{ {net} }}'))
    with pytest.raises(UsageError, match="can't be changed"):
        BatchSearch(s, 1 << 30)


def test_trial_reports_a_net_that_needs_its_batch_size() -> None:
    net = """layer { name: "d" type: "Dataset" top: "x" top: "t"
            dataset_param { name: "digits" size: 8 batch_size: 16 } }
    layer { name: "r" type: "Reshape" bottom: "x" top: "r" reshape_param { shape { dim: 16 dim: 64 } } }
    layer { name: "a" type: "InnerProduct" bottom: "r" top: "a" inner_product_param { num_output: 10 } }
    layer { name: "l" type: "SoftmaxWithLoss" bottom: "a" bottom: "t" top: "l" }"""
    s = Solver(parse_solver(f'base_lr: 1 lr_policy: "fixed" solver_mode: CPU net_param {{ {net} }}'))
    trials = BatchSearch(s, 1 << 30).trials()
    assert next(trials).fits
    with pytest.raises(UsageError, match="doesn't run with a batch of 32"):
        next(trials)
