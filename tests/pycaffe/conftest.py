"""Fixtures of the interface's tests: files, a net, a solver, and restored process-wide settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from layerzoo.pycaffe import Net, state

NET = """name: 'small' force_backward: true
layer { type: 'DummyData' name: 'data' top: 'data' top: 'label'
  dummy_data_param { shape { dim: 5 dim: 2 dim: 3 dim: 4 } shape { dim: 5 dim: 1 dim: 1 dim: 1 }
    data_filler { type: 'gaussian' std: 1 } data_filler { type: 'constant' } } }
layer { type: 'Convolution' name: 'conv' bottom: 'data' top: 'conv'
  convolution_param { num_output: 11 kernel_size: 2 pad: 3
    weight_filler { type: 'gaussian' std: 1 } bias_filler { type: 'constant' value: 2 } }
  param { decay_mult: 1 } param { decay_mult: 0 } }
layer { type: 'InnerProduct' name: 'ip' bottom: 'conv' top: 'scores'
  inner_product_param { num_output: 13
    weight_filler { type: 'gaussian' std: 2.5 } bias_filler { type: 'constant' value: -3 } } }
layer { type: 'SoftmaxWithLoss' name: 'loss' bottom: 'scores' bottom: 'label' top: 'loss' }"""

SOLVER = """net: 'net.prototxt' base_lr: 0.01 lr_policy: 'inv' gamma: 0.0001 power: 0.75
momentum: 0.9 weight_decay: 0.0005 test_iter: 10 test_interval: 10 display: 0 max_iter: 20
snapshot_after_train: false snapshot_prefix: 'model' random_seed: 1"""

Write = Callable[[str, str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file and return its path."""

    def make(text: str, name: str = "net.prototxt") -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return make


@pytest.fixture
def net(write: Write) -> Net:
    """The small net with labels 0 to 4."""
    net = Net(write(NET), caffe.TRAIN)
    net.blobs["label"].data[...] = np.arange(5).reshape(5, 1, 1, 1)
    return net


@pytest.fixture
def solver_file(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A solver file for the small net, in the working folder."""
    monkeypatch.chdir(tmp_path)
    write(NET, "net.prototxt")
    return write(SOLVER, "solver.prototxt")


@pytest.fixture(autouse=True)
def _restored_state() -> Iterator[None]:
    before = vars(state._state).copy()
    yield
    vars(state._state).update(before)
