"""A small run and its published entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.loader import emit, parse_net, parse_solver
from layerzoo.net import Net
from layerzoo.snapshot import Snapshot, write_snapshot
from layerzoo.zoo import Entry, LocalZoo, publish_run

TINY = """
name: tiny
layer:
- {name: digits, type: Dataset, top: [data, label], include: {phase: TRAIN},
   dataset_param: {name: digits, split: train, batch_size: 64, size: 8}}
- {name: digits, type: Dataset, top: [data, label], include: {phase: TEST},
   dataset_param: {name: digits, split: test, batch_size: 90, size: 8}}
- {name: ip, type: InnerProduct, bottom: data, top: ip,
   inner_product_param: {num_output: 10, weight_filler: {type: xavier}}}
- {name: accuracy, type: Accuracy, bottom: [ip, label], top: accuracy, include: {phase: TEST}}
- {name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss}
"""


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of 7 iterations: a net of 650 params that classifies digits of 8 x 8 pixels."""
    folder = tmp_path_factory.mktemp("runs") / "tiny.run"
    folder.mkdir()
    document = parse_net(TINY, format="yaml")
    (folder / "net.prototxt").write_text(emit(document.message, "prototxt"))
    solver = parse_solver("base_lr: 0.1\nmax_iter: 7\nlr_policy: fixed\n", format="yaml", with_nets=False)
    (folder / "solver.prototxt").write_text(emit(solver.message, "prototxt"))
    rows = [
        {"iteration": 0, "phase": "TEST", "net": 0, "outputs": {"accuracy": [0.1], "loss": [2.3]}},
        {"iteration": 5, "phase": "TRAIN", "loss": 1.0, "lr": 0.1, "outputs": {"loss": [1.0]}},
        {"iteration": 7, "phase": "TEST", "net": 0, "outputs": {"accuracy": [0.75], "loss": [1.5]}},
        {"iteration": 7, "phase": "TEST", "net": 1, "outputs": {"accuracy": [0.5]}},
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    net = Net(document, "TEST", seed=1)
    write_snapshot(folder, Snapshot(7, "SGD", net.params))
    return folder


@pytest.fixture
def zoo(tmp_path: Path) -> LocalZoo:
    """An empty zoo without shipped entries."""
    return LocalZoo(tmp_path / "home", shipped=None)


@pytest.fixture
def entry(run: Path, zoo: LocalZoo) -> Entry:
    """The run, published as ``tiny``."""
    return publish_run(run, "tiny", zoo, facts={"title": "Tiny", "license": "BSD-2-Clause"})
