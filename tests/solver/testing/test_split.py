"""Tests that several processes share: the bits of one process, interruption, statistics."""

from __future__ import annotations

import json
import logging
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.ranks import Ranks
from layerzoo.snapshot import list_snapshots
from layerzoo.solver import Solver
from layerzoo.solver.testing.net_tests import NetTests
from layerzoo.solver.testing.split import _next, carried_buffers, why_in_sequence
from tests.processes import run_processes
from tests.solver.snapshots.whole_state import SOLVER, metrics, write_configs
from tests.solver.testing.split_program import run

PROGRAM = ["-m", "tests.solver.testing.split_program"]


@cache
def _alone() -> dict[str, Any]:
    """What one process finds."""
    return json.loads(json.dumps(run(Ranks())))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each of three processes finds."""
    done = run_processes(PROGRAM, tmp_path_factory.mktemp("split"), count=3)
    assert all(code == 0 for code, _, _ in done), done
    return [json.loads(out) for _, out, _ in done]


@pytest.mark.parametrize("name", ["whole", "continued", "averaged", "map", "pixels"])
def test_split_test_has_the_bits_of_one_process(shared: list[dict[str, Any]], name: str) -> None:
    alone = _alone()[name]
    assert len(alone) > 1
    assert all(found[name] == alone for found in shared), "in every process"


def test_split_test_of_a_whole_set_weighs_the_partial_last_batch(shared: list[dict[str, Any]]) -> None:
    assert _alone()["sizes"] == [50] * 7 + [10], "360 samples"
    runs = [found["sizes"] for found in shared]
    assert sorted(size for sizes in runs for size in sizes) == [10, *[50] * 7], "each batch in one process"
    assert max(map(len, runs)) - min(map(len, runs)) <= 1


def test_split_test_that_one_process_stops_begins_again(shared: list[dict[str, Any]]) -> None:
    assert all(found["stopped"] == [True, 5, 10] for found in shared), "then 5 batches from the 6th on"
    assert all(found["after_stop"] == _alone()["after_stop"] for found in shared)


def test_split_test_leaves_each_process_its_statistics(shared: list[dict[str, Any]]) -> None:
    assert [found["statistics"] for found in shared] == [
        [rank + 1.0, rank + 1.0] for rank in range(len(shared))
    ]


def test_split_test_tells_the_main_process_alone(shared: list[dict[str, Any]]) -> None:
    assert [found["told"] > 0 for found in shared] == [True] + [False] * (len(shared) - 1)


SEQUENCE = """
layer { name: "in" type: "DummyData" top: "x" top: "c" dummy_data_param {
  shape { dim: 3 dim: 1 dim: 2 } shape { dim: 3 dim: 1 } data_filler { value: 1 } } }
layer { name: "lstm" type: "LSTM" bottom: "x" bottom: "c" top: "h" recurrent_param { num_output: 2 } }
"""
OUTPUT = """
layer { name: "in" type: "DummyData" top: "x" top: "y" dummy_data_param { shape { dim: 1 } } }
layer { name: "out" type: "HDF5Output" bottom: "x" bottom: "y" hdf5_output_param { file_name: "x.h5" } }
"""
SKIPPING = """
layer { name: "d" type: "Dataset" top: "x" dataset_param { name: "digits" split: "test" batch_size: 9 }
  reading_param { on_error: SKIP max_skipped: 1 } }
"""
SIZES = """
layer { name: "d" type: "DummyData" top: "det" top: "gt" dummy_data_param {
  shape { dim: 1 dim: 1 dim: 2 dim: 7 } shape { dim: 1 dim: 1 dim: 1 dim: 8 } } }
layer { name: "e" type: "DetectionEvaluate" bottom: "det" bottom: "gt" top: "map"
  detection_evaluate_param { num_classes: 4 FILE } }
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SEQUENCE, "layer 'lstm' carries 'state.state0' from batch to batch"),
        (OUTPUT, "layer 'out' writes files or runs code of the user's"),
        (SKIPPING, "layer 'd' counts the samples that can't be read"),
        (SIZES.replace("FILE", ""), None),
        (
            SIZES.replace("FILE", 'name_size_file: "sizes.txt"'),
            "layer 'e' carries 'seen' from batch to batch",
        ),
    ],
)
def test_why_in_sequence_names_the_layer(
    text: str, reason: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sizes.txt").write_text("a 4 4\n")
    assert why_in_sequence(Net(parse_net(text))) == reason


def test_carried_buffers_are_those_that_no_layer_declares_fixed() -> None:
    net = Net(parse_net(SEQUENCE))
    assert carried_buffers(net.ordered_layers()[1]) == ["state.state0", "state.state1"]


def test_rounds_grow_with_the_time_and_the_bytes_that_they_take() -> None:
    small = [[torch.zeros(1)]]
    assert _next(1, 0.001, small) == 2, "at most twice as many"
    assert _next(64, 0.001, small) == 64
    assert _next(8, 0.4, small) == 4
    assert _next(1, 3.0, small) == 1
    assert _next(4, 0.001, [[torch.zeros(4 << 20)]] * 4) == 1, "64 MiB"


def test_split_test_of_a_run_has_the_scores_of_its_weights_in_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A net with an LSTM beside one without: the first is tested by the main process alone."""
    write_configs(tmp_path, f"{SOLVER} momentum: 0.9 max_iter: 4")
    net = (tmp_path / "net.prototxt").read_text()
    cut = net.replace(
        'layer { name: "lstm"', 'layer { name: "lstm" include { phase: TRAIN } include { stage: "b" }'
    )
    direct = """
layer { name: "flat" type: "InnerProduct" bottom: "cat" top: "rows" include { phase: TEST stage: "a" }
        inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "rows" type: "Reshape" include { phase: TRAIN } include { stage: "b" } """
    cut = cut.replace('layer { name: "rows" type: "Reshape" ', direct)
    (tmp_path / "net.prototxt").write_text(cut)
    done = run_processes(["-m", "layerzoo", "train", "-solver", "solver.prototxt"], tmp_path, count=3)
    assert [code for code, _, _ in done] == [0, 0, 0], done
    monkeypatch.chdir(tmp_path)
    tested = [row for row in metrics(tmp_path / "r.run") if row["phase"] == "TEST" and row["iteration"] == 4]
    solver = Solver("solver.prototxt")
    snapshot = list_snapshots(tmp_path / "r.run")[-1][1]
    assert solver.restore(snapshot)
    for index, tester in enumerate(solver.tests.testers):  # as before the test
        tester.cursor = 2 * tester.iterations
        assert (
            why_in_sequence(tester.net)
            == (None, "layer 'lstm' carries 'state.state0' from batch to batch")[index]
        )
    scores = solver.test()[0]
    assert tested[0]["outputs"] == scores.values


def test_net_that_is_not_split_is_named_at_debug_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    write_configs(tmp_path, f"{SOLVER} max_iter: 2")
    caplog.set_level(logging.DEBUG)
    ranks = Ranks()
    ranks.count = 2
    solver = Solver("solver.prototxt")
    NetTests(solver.param, solver.tests.testers, solver.tests.step, None, ranks)
    said = "Test net (#0) is tested in the main process alone: layer 'lstm' carries 'state.state0'"
    assert said in caplog.text
