"""A net with a registered layer with submodules and declared fields: resumed, published and loaded."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from layerzoo import schema, user_code, zoo
from layerzoo.cli.main import main
from layerzoo.layer import LAYERS
from layerzoo.net import Net
from layerzoo.schema import LayerParameter
from layerzoo.weights import read
from tests.solver.snapshots.whole_state import fingerprint, metrics

MODULE = """
import torch
from torch import nn
import layerzoo

@layerzoo.register
class NormedForTest(layerzoo.Layer):
    size = layerzoo.field(int, 4, "Outputs.")

    @classmethod
    def top_shapes(cls, param, bottoms):
        return [(bottoms[0][0], cls.fields(param).size)]

    def __init__(self, param, bottom_shapes=()):
        super().__init__(param, bottom_shapes)
        self.fc = nn.Linear(bottom_shapes[0][1], self.size)
        self.bn = nn.BatchNorm1d(self.size)

    def forward(self, x):
        return self.bn(self.fc(x.flatten(1)))
"""
NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" size: 8 batch_size: 12 } }
layer { name: "f" type: "Flatten" bottom: "x" top: "f" }
layer { name: "own" type: "NormedForTest" bottom: "f" top: "y" normed_for_test_param { size: 10 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "y" bottom: "t" top: "loss" }
layer { name: "acc" type: "Accuracy" bottom: "y" bottom: "t" top: "acc" include { phase: TEST } }
"""
SOLVER = """
net: "net.prototxt" base_lr: 0.05 lr_policy: "fixed" momentum: 0.9 random_seed: 3 snapshot_prefix: "r"
test_iter: 2 test_interval: 2 display: 1 ema_param { decay: 0.8 } snapshot: 2 solver_mode: CPU
snapshot_format: BINARYPROTO"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(user_code, "_known", set())
    monkeypatch.setattr(user_code, "_layers", {})
    (tmp_path / "normed_for_test.py").write_text(MODULE)
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    yield tmp_path
    sys.modules.pop("normed_for_test", None)
    LAYERS._known.pop("NormedForTest", None)
    schema._declared[LayerParameter.DESCRIPTOR].pop("normed_for_test_param", None)
    schema._fields.clear()


def train(iterations: int, *arguments: str) -> None:
    limit = f"max_iter={iterations}"
    own = ["-allow_python", "normed_for_test"]
    assert main(["train", "-solver", "solver.prototxt", *own, "-set", limit, *arguments]) == 0


@pytest.mark.parametrize("snapshot", ["auto", "r_iter_2.solverstate"])
def test_resumed_run_equals_the_uninterrupted_one(snapshot: str, folder: Path) -> None:
    train(6)
    shutil.move("r.run", "whole")
    train(2)
    given = ["-resume", "auto"] if snapshot == "auto" else ["-snapshot", snapshot]
    train(6, *given)
    if snapshot == "auto":
        assert fingerprint(folder / "whole/iter_6") == fingerprint(folder / "r.run/iter_6")
        assert metrics(folder / "whole") == metrics(folder / "r.run")
    whole, resumed = (read(folder / run / "iter_6/weights.safetensors") for run in ("whole", "r.run"))
    assert whole["own"].names == resumed["own"].names
    assert len(whole["own"]) == 7
    for one, other in zip(whole["own"], resumed["own"], strict=True):
        assert torch.equal(one, other)


def test_published_run_loads_with_its_statistics(folder: Path) -> None:
    train(4)
    assert main(["zoo", "publish", "r.run", "-name", "normed", "-caffemodel", "-last"]) == 0
    loaded = zoo.load("normed")
    stored = read(folder / "r.run/iter_4/means.safetensors")
    for one, other in zip(stored["own"], loaded.net.weights["own"], strict=True):
        assert torch.equal(one, other)
    assert stored["own"][-1] == 4  # num_batches_tracked
    assert loaded.net.graph.last["y"].shape[-1] == 10


def test_weights_of_caffe_hold_params_and_statistics(folder: Path) -> None:
    train(2)
    net, other = Net("net.prototxt", seed=1), Net("net.prototxt", seed=2)
    net.load_weights("r_iter_2.caffemodel", strict=True)
    other.load_weights("r.run/iter_2/weights.safetensors", strict=True)
    for one, two in zip(net.weights["own"], other.weights["own"], strict=True):
        assert torch.equal(one, two)
