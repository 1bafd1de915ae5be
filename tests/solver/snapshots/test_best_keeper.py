"""Best weights of a run: kept at each better test, and set aside by a resume."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch

from layerzoo.loader import parse_solver
from layerzoo.snapshot import find_best, read_snapshot
from layerzoo.solver import Callback, Scores, Solver

NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TRAIN }
        dataset_param { name: "digits" size: 4 batch_size: 20 } }
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TEST }
        dataset_param { name: "digits" size: 4 split: "test" batch_size: 90 } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "acc" type: "Accuracy" bottom: "y" bottom: "t" top: "acc" include { phase: TEST } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "y" bottom: "t" top: "l" }
"""


class Noted(Callback):
    """Notes the accuracy and the weights of each test."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self.scores: dict[int, float] = {}
        self.weights: dict[int, torch.Tensor] = {}

    def tested(self, iteration: int, index: int, scores: Scores) -> None:
        self.scores[iteration] = scores.values["acc"][0]
        self.weights[iteration] = self.solver.net.params["ip"][0].detach().clone()


def solver(folder: Path, text: str) -> tuple[Solver, Noted]:
    base = 'base_lr: 6 lr_policy: "fixed" random_seed: 5 solver_mode: CPU'
    made = Solver(parse_solver(f'{base} snapshot_prefix: "{folder}/r" {text} net_param {{ {NET} }}'))
    noted = Noted(made)
    made.callbacks.members.append(noted)
    return made, noted


def test_weights_of_the_best_test_are_kept_and_the_final_net_is_tested(tmp_path: Path) -> None:
    made, noted = solver(tmp_path, "max_iter: 11 test_interval: 2")
    made.solve()
    assert list(noted.scores) == [0, 2, 4, 6, 8, 10, 11], "Caffe would not test 11"
    best = max((i for i in noted.scores if i), key=lambda i: (noted.scores[i], i))
    assert best < 11, "the rate is so high that the last weights are not the best"
    found = find_best(tmp_path / "r.run")
    assert found is not None
    assert (found.iteration, found.choice.value) == (best, noted.scores[best])
    assert (found.choice.chosen_by, found.choice.scored_by) == ("digits (test)", "digits (test)")
    kept = read_snapshot(found.path)
    assert torch.equal(kept.weights["ip"][0], noted.weights[best])
    assert kept.class_names == list("0123456789")
    assert (tmp_path / "r.run/labels.txt").read_text().split() == list("0123456789")


def test_scripts_that_step_keep_nothing(tmp_path: Path) -> None:
    made, noted = solver(tmp_path, "max_iter: 3 test_interval: 2 snapshot_after_train: false")
    made.step(3)
    made.finish()
    assert list(noted.scores) == [0, 2], "as Caffe's"
    assert list(tmp_path.iterdir()) == []


def test_keep_param_turns_it_off(tmp_path: Path) -> None:
    made, _ = solver(tmp_path, "max_iter: 3 test_interval: 2 keep_param { best_weights: false }")
    made.solve()
    assert find_best(tmp_path / "r.run") is None


def test_resumed_run_goes_on_from_what_it_had_kept(tmp_path: Path) -> None:
    text = "test_interval: 1 snapshot: 2"
    whole, noted = solver(tmp_path / "whole", f"max_iter: 6 {text}")
    whole.solve()
    first, _ = solver(tmp_path, f"max_iter: 6 {text}")
    first.solve()
    run = tmp_path / "r.run"
    best = find_best(run)
    assert best is not None
    resumed, _ = solver(tmp_path, f"max_iter: 6 {text}")
    resumed.solve(run / "iter_2")
    again = find_best(run)
    assert again is not None
    expected = max((i for i in noted.scores if i and (i > 2 or best.iteration <= 2)),
                   key=lambda i: (noted.scores[i], i))  # fmt: skip
    assert again.iteration == expected
    assert (run / "best.aside").exists() == (best.iteration > 2)


def test_resume_at_the_end_has_nothing_to_do(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made, _ = solver(tmp_path, "max_iter: 3 test_interval: 2")
    made.solve()
    before = sorted(path.stat().st_mtime_ns for path in (tmp_path / "r.run").rglob("*"))
    with caplog.at_level(logging.INFO, "layerzoo"):
        again, noted = solver(tmp_path, "max_iter: 2 test_interval: 2")
        assert again.solve("auto") == 0
    assert "Nothing to do: iteration 3 is the end of this run, since max_iter is 2" in caplog.messages
    assert noted.scores == {}
    assert sorted(path.stat().st_mtime_ns for path in (tmp_path / "r.run").rglob("*")) == before
