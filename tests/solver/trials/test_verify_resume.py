"""Runs that are killed, resumed or read otherwise, compared with an undisturbed one."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.loader import load_solver
from layerzoo.pycaffe.user_modules import allow_user_modules
from layerzoo.solver import check_solver
from layerzoo.solver.trials.training_runs import TrainingRuns
from layerzoo.solver.trials.verify_resume import Compared, ResumeCheck

NET = """
layer { name: 'digits' type: 'Dataset' top: 'x' top: 't'
        dataset_param { name: 'digits' batch_size: 16 shuffle: true } }
layer { name: 'ip1' type: 'InnerProduct' bottom: 'x' top: 'h'
        inner_product_param { num_output: 8 weight_filler { type: 'xavier' } } }
layer { name: 'fading' type: 'Python' bottom: 'h' top: 'f' PARAM
        python_param { module: 'fading_for_test' layer: 'LAYER' } }
layer { name: 'ip2' type: 'InnerProduct' bottom: 'f' top: 'y'
        inner_product_param { num_output: 10 weight_filler { type: 'xavier' } } }
layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'y' bottom: 't' top: 'loss' }
"""
SOLVER = """
train_net: 'net.prototxt' base_lr: 0.1 momentum: 0.9 lr_policy: 'fixed' max_iter: 1000 snapshot_prefix: 's'
solver_mode: CPU random_seed: 1 publish: 'own' max_time: 3600
"""
LAYERS = """
from layerzoo.host import PythonLayer

class Hidden(PythonLayer):
    def setup(self, bottom, top):
        self.passes = [0.0]

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        self.passes[0] += 1
        top[0].data[...] = bottom[0].data * (1 + 1 / self.passes[0])

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = top[0].diff

class Kept(Hidden):
    def setup(self, bottom, top):
        self.blobs.add_blob(1)
        self.passes = self.blobs[0].data
"""


def check_of(folder: Path, solver: str, flags: tuple[str, ...] = (), *settings: str) -> ResumeCheck:
    document = load_solver(solver, settings)
    runs = TrainingRuns(["-solver", solver, "-gpu=none", *flags], settings, folder.absolute(), 300)
    return ResumeCheck(document, check_solver(document), runs, iterations=3)


def results(rows: list[Compared]) -> dict[str, str]:
    return {row.what.partition(" ")[0]: row.result for row in rows}


EQUAL = dict.fromkeys(("samples", "loss", "weights", "history", "state"), "equal")


@pytest.mark.slow
def test_lenet_is_equal_killed_resumed_by_workers_and_in_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check = check_of(tmp_path / "out", "configs/lenet_solver.yaml")
    assert check.kills == [2, 3]
    check.undisturbed()
    resumed = check.resumed()
    assert results(resumed) == EQUAL
    # life 1: iterations 1 and 2; life 2 from iteration 1: 2 and 3; life 3 from iteration 2: 3
    assert resumed[0].what == "samples (5 batches)"
    assert results(check.with_other_workers()) == EQUAL
    (row,) = check.in_processes(2)
    assert (row.what, row.result) == ("samples (192)", "equal")
    assert check.reasons == []
    assert [path.name for path in tmp_path.iterdir()] == ["out"], "the run's own files are left alone"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a solver whose net has a Python layer of the user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    Path("fading_for_test.py").write_text(LAYERS)
    Path("solver.prototxt").write_text(SOLVER)
    Path("net.prototxt").write_text(NET.replace("LAYER", "Hidden").replace("PARAM", ""))
    allow_user_modules(["fading_for_test"])
    return tmp_path


@pytest.mark.slow
def test_python_layer_with_hidden_state_is_named(own: Path) -> None:
    check = check_of(own / "out", "solver.prototxt", ("-allow_python=fading_for_test",))
    check.undisturbed()
    found = results(check.resumed())
    assert found["samples"] == "equal"
    assert found["loss"] == "iteration 2", "the first after the first resume"
    assert found["weights"] == found["history"] == "iteration 2, layer 'ip1': param 'weight'"
    assert found["state"] == "train: losses"
    ((first, reason),) = check.reasons
    assert first == "killed after 2 and 3, resumed: iteration 2, layer 'fading': top 'f'"
    assert reason.startswith("the Python class fading_for_test.Hidden gives other tops for the same bottoms")
    assert "it has state that no snapshot holds" in reason


@pytest.mark.slow
def test_python_layer_that_keeps_its_state_in_a_param_is_equal(own: Path) -> None:
    Path("net.prototxt").write_text(NET.replace("LAYER", "Kept").replace("PARAM", "param { lr_mult: 0 }"))
    check = check_of(own / "out", "solver.prototxt", ("-allow_python=fading_for_test",))
    check.undisturbed()
    assert results(check.resumed()) == EQUAL
    assert check.reasons == []


def test_kills_follow_from_the_seed_and_come_after_a_snapshot(tmp_path: Path) -> None:
    document = load_solver("configs/lenet_solver.yaml")
    checked = check_solver(document)
    drawn = set()
    for seed in range(30):
        document.message.random_seed = seed
        runs = TrainingRuns([], [], tmp_path, 1)
        first, second = ResumeCheck(document, checked, runs, 12).kills
        assert 4 < first <= 8 < second <= 12  # snapshots after 4 and 8
        assert ResumeCheck(document, checked, runs, 12).kills == [first, second]
        drawn.add((first, second))
    assert len(drawn) > 5


def test_batch_that_cannot_be_divided_is_not_compared(tmp_path: Path) -> None:
    check = check_of(tmp_path, "configs/lenet_solver.yaml")
    (row,) = check.in_processes(3)
    assert row.result == "not compared: the batch of 64 of layer 'digits' can't be divided by 3"
    assert not row.difference


def test_net_without_a_source_has_no_workers_to_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("solver.prototxt").write_text(SOLVER)
    Path("net.prototxt").write_text(
        "layer { name: 'd' type: 'DummyData' top: 'x' dummy_data_param { shape { dim: 2 } } }"
        "layer { name: 's' type: 'Silence' bottom: 'x' }"
    )
    (row,) = check_of(tmp_path, "solver.prototxt").with_other_workers()
    assert row.result == "not compared: no layer reads a source"
