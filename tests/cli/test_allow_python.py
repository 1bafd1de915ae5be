"""``-allow_python``, through the commands that take it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = """
import caffe
import numpy as np

class Loss(caffe.Layer):
    def setup(self, bottom, top):
        open('imported', 'w').close()
    def reshape(self, bottom, top):
        self.diff = np.zeros_like(bottom[0].data)
        top[0].reshape(1)
    def forward(self, bottom, top):
        self.diff[...] = bottom[0].data - bottom[1].data
        top[0].data[...] = np.sum(self.diff ** 2) / bottom[0].num / 2
    def backward(self, top, propagate_down, bottom):
        for i in range(2):
            if propagate_down[i]:
                bottom[i].diff[...] = (1, -1)[i] * self.diff / bottom[i].num
"""
NET = """
layer { name: 'data' type: 'DummyData' top: 'x' top: 't' dummy_data_param {
  shape { dim: 4 dim: 3 } data_filler { type: 'constant' value: 1 }
  shape { dim: 4 dim: 2 } data_filler { type: 'constant' value: 5 } } }
layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'y' inner_product_param { num_output: 2 } }
"""
OWN = (
    "layer { name: 'loss' type: 'Python' bottom: 'y' bottom: 't' top: 'loss' loss_weight: 1 "
    "python_param { module: 'own_layers' layer: 'Loss' } }"
)
THEIRS = "layer { name: 'loss' type: 'EuclideanLoss' bottom: 'y' bottom: 't' top: 'loss' }"
SOLVER = "net: 'net.prototxt' base_lr: 0.1 lr_policy: 'fixed' max_iter: 7 random_seed: 1 snapshot_prefix: 's'"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own_layers.py").write_text(LAYERS)
    (tmp_path / "net.prototxt").write_text(NET + OWN)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    return tmp_path


def _run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "layerzoo", *args]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_module_is_not_imported_without_the_flag(folder: Path) -> None:
    done = _run(folder, "train", "-solver", "solver.prototxt")
    assert done.returncode == 2
    assert "say so on the command line: -allow_python own_layers" in done.stderr
    assert not (folder / "imported").exists()


def test_own_loss_trains_as_caffes(folder: Path) -> None:
    args = ["train", "-solver", "solver.prototxt", "-set", "display=1"]
    own = _run(folder, *args, "-allow_python", "own_layers")
    assert own.returncode == 0, own.stderr
    (folder / "net.prototxt").write_text(NET + THEIRS)
    theirs = _run(folder, *args)
    losses = [
        [line.rpartition("loss = ")[2] for line in done.stderr.splitlines() if "), loss = " in line]
        for done in (own, theirs)
    ]
    assert len(losses[0]) == 7
    assert losses[0] == losses[1]


def test_other_commands_take_the_flag(folder: Path) -> None:
    done = _run(folder, "summary", "-model", "net.prototxt", "-allow_python", "own_layers")
    assert done.returncode == 0, done.stderr
    assert "Python" in done.stdout


@pytest.mark.parametrize(
    ("before", "note"),
    [
        ("open('imported', 'w')", "in layer 'loss' (Python), bottoms: (4, 2), (4, 2)"),
        ("self.diff[...] =", "in layer 'loss' (Python, net.prototxt:"),
        ("for i in range(2)", "in layer 'loss' (Python), bottoms: (4, 2), (4, 2)"),
    ],
)
def test_exception_in_an_own_layer_is_not_reported_as_a_bug(folder: Path, before: str, note: str) -> None:
    lines = LAYERS.splitlines()
    at = next(i for i, line in enumerate(lines) if before in line)
    indent = lines[at][: -len(lines[at].lstrip())]
    lines.insert(at, f"{indent}raise KeyError('of its own')")
    (folder / "own_layers.py").write_text("\n".join(lines))
    done = _run(folder, "train", "-solver", "solver.prototxt", "-allow_python", "own_layers")
    assert done.returncode == 1
    first = f"own_layers.py:{at + 1}: in "
    report = first + done.stderr.partition(first)[2]
    assert "/layerzoo/" not in report
    assert "KeyError: 'of its own'" in report
    assert note in report
    last = report.splitlines()[-1]
    assert last == "error: your own code raised KeyError; see the lines above"
