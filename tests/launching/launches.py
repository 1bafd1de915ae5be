"""Starts whole launches, and looks at what they have done."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from layerzoo.snapshot import list_snapshots
from tests.processes import ROOT

NET = """
name: spirals
layer:
- {name: d, type: DrawnData, top: [x, t], drawn_data_param: {task: waves, batch_size: 8}}
- name: ip
  type: InnerProduct
  bottom: x
  top: ip
  inner_product_param: {num_output: 10, weight_filler: {type: xavier}}
- {name: drop, type: Dropout, bottom: ip, top: ip}
- {name: loss, type: SoftmaxWithLoss, bottom: [ip, t], top: loss}
"""
SOLVER = """
net: net.yaml
base_lr: 0.01
lr_policy: fixed
momentum: 0.9
display: 10
snapshot: 50
max_iter: 200
snapshot_prefix: r
solver_mode: CPU
random_seed: 3
"""
DEADLINE = 120


def write_configs(folder: Path) -> None:
    """Write a net and its solver."""
    (folder / "net.yaml").write_text(NET)
    (folder / "solver.yaml").write_text(SOLVER)


def start(folder: Path, *flags: str, path: str = "") -> subprocess.Popen[str]:
    """Start ``layerzoo train`` in a folder; ``path`` is searched first for modules."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("RANK", "WORLD"))}
    return subprocess.Popen(
        [sys.executable, "-m", "layerzoo", "train", "-solver", "solver.yaml", *flags],
        cwd=folder,
        env={
            **variables,
            "PYTHONPATH": f"{path}{os.pathsep}{ROOT}" if path else str(ROOT),
            "OMP_NUM_THREADS": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end; exit code and what was logged."""
    try:
        out, err = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
    assert out == ""
    return process.returncode, err


def train(folder: Path, *flags: str) -> tuple[int, str]:
    """Run ``layerzoo train`` in a folder; exit code and what was logged."""
    return finish(start(folder, *flags))


def wait_for(folder: Path, text: str) -> None:
    """Wait until the log of the run has a text."""
    log, deadline = folder / "r.run" / "log.txt", time.monotonic() + DEADLINE
    while not (log.exists() and text in log.read_text()):
        assert time.monotonic() < deadline, f"no '{text}' in {log}"
        time.sleep(0.05)


def children(process: subprocess.Popen[str]) -> list[int]:
    """The processes that another has started, by their start."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """The weights of the newest snapshot."""
    return load_file(list_snapshots(folder / "r.run")[-1][1] / "weights.safetensors")


def errors(log: str) -> list[str]:
    """The messages of errors in a log."""
    return re.findall(r"^(?:process \d+: )?error: .*$", log, re.MULTILINE)


def last(folder: Path) -> int:
    """The iteration of the newest snapshot."""
    return list_snapshots(folder / "r.run")[-1][0]


def free_place() -> str:
    """An address of this machine with a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"
