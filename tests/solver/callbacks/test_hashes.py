"""Hashes of what a run is fed and has learned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from layerzoo.loader import parse_solver
from layerzoo.solver import Solver
from layerzoo.solver.callbacks.hashes import Hashes, digest, row_digests

SOLVER = """
base_lr: 0.1 momentum: 0.9 lr_policy: "fixed" max_iter: 3 solver_mode: CPU random_seed: 1 display: 1
snapshot_prefix: "s" snapshot_after_train: false %s
net_param {
  layer { name: "d" type: "Dataset" top: "x" top: "t"
          dataset_param { name: "digits" batch_size: 4 shuffle: true } }
  layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
          inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
  layer { name: "relu" type: "ReLU" bottom: "y" top: "y" }
  layer { name: "l" type: "SoftmaxWithLoss" bottom: "y" bottom: "t" top: "l" }
}
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def hashed(name: str, more: str = "", **options: Any) -> tuple[Solver, list[dict[str, Any]]]:
    solver = Solver(parse_solver(SOLVER % more), device="cpu")
    solver.callbacks.members.append(Hashes(Path(name), solver.run, **options))
    solver.solve()
    return solver, [json.loads(line) for line in Path(name).read_text().splitlines()]


def test_lines_are_batches_and_updates_in_order() -> None:
    solver, lines = hashed("a")
    assert [next(iter(line.items())) for line in lines] == [
        ("fed", 0),
        ("updated", 1),
        ("fed", 1),
        ("updated", 2),
        ("fed", 2),
        ("updated", 3),
        ("fed", 3),
    ]  # fmt: skip (the last batch is that of the loss after the last update)
    feed = solver.engine.strategy.fetch_again(3).blobs
    images, labels = (feed[solver.net.graph.last[name].index] for name in ("x", "t"))
    assert lines[-1]["tops"] == {"x": [digest(row) for row in images], "t": [digest(row) for row in labels]}
    end = lines[-2]
    assert end["params"] == {
        "ip.weight": digest(solver.net.learnable[0]),
        "ip.bias": digest(solver.net.learnable[1]),
    }
    assert end["history"] == [digest(tensor) for tensor in solver.run.rule.history]
    assert float.fromhex(end["loss"]) > 0


def test_hashes_change_nothing_and_are_those_of_any_equal_run() -> None:
    solver, lines = hashed("a")
    plain = Solver(parse_solver(SOLVER % ""), device="cpu")
    plain.solve()
    assert torch.equal(plain.net.learnable[0], solver.net.learnable[0])
    assert hashed("b")[1] == lines
    assert hashed("c", "momentum2: 0.5 weight_decay: 0.1")[1] != lines


def test_layers_add_tops_and_gradients_of_each_layer() -> None:
    _, lines = hashed("a", layers=True)
    first = lines[: next(i for i, line in enumerate(lines) if "updated" in line)]
    assert [(next(iter(line)), line["layer"]) for line in first] == [
        ("fed", "d"),
        ("computed", "ip"), ("computed", "relu"), ("computed", "l"),
        ("gradient", "l"), ("gradient", "relu"), ("gradient", "ip"),
    ]  # fmt: skip
    assert [line for line in lines if "updated" in line] == [
        line for line in hashed("b")[1] if "updated" in line
    ]


def test_iter_size_hashes_each_batch() -> None:
    _, lines = hashed("a", "iter_size: 2")
    assert [line["fed"] for line in lines if "fed" in line][:6] == [0, 1, 2, 3, 4, 5]


def test_missing_folder_is_an_error_before_training() -> None:
    with pytest.raises(FileNotFoundError):
        hashed("missing/a")


def test_process_is_killed_after_an_update() -> None:
    program = (
        "from tests.solver.callbacks.test_hashes import hashed\n"
        "import sys; sys.dont_write_bytecode = True\nhashed('a', kill_at=2)"
    )
    paths = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, env=paths)
    assert done.returncode == -9, done.stderr
    lines = [json.loads(line) for line in Path("a").read_text().splitlines()]
    assert [line["updated"] for line in lines if "updated" in line] == [1, 2]


def test_digest_is_of_the_bits_in_order_whatever_the_layout() -> None:
    image = torch.arange(24.0).reshape(1, 2, 3, 4)
    assert digest(image) == digest(image.contiguous(memory_format=torch.channels_last))
    assert digest(torch.tensor(0.0)) != digest(torch.tensor(-0.0))
    assert digest(torch.tensor([float("nan")])) == digest(torch.tensor([float("nan")]))
    assert digest(torch.empty(0)) == digest(torch.empty(0, 3))
    assert digest(torch.tensor([1.0], dtype=torch.bfloat16)) != digest(
        torch.tensor([2.0], dtype=torch.bfloat16)
    )


def test_row_digests_are_those_of_the_rows() -> None:
    rows = torch.arange(6.0).reshape(3, 2)
    assert row_digests(rows) == [digest(row) for row in rows]
    assert row_digests(torch.tensor(2.0)) == [digest(torch.tensor(2.0))]
    assert row_digests(torch.empty(0, 2)) == [digest(torch.empty(0, 2))]
