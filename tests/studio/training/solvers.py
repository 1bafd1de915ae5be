"""A small solver and its net."""

from __future__ import annotations

from pathlib import Path

NET = """name: Tiny
layer:
  - {name: data, type: DummyData, top: [data, label], dummy_data_param: {shape: [{dim: [4, 3]}, {dim: 4}]}}
  - {name: out, type: InnerProduct, bottom: data, top: out, inner_product_param: {num_output: 2}}
  - {name: loss, type: EuclideanLoss, bottom: [out, out], top: loss}
"""
SOLVER = """net: net.yaml
type: Adam
base_lr: 0.1
lr_policy: step
stepsize: 30
gamma: 0.5
max_iter: 100
solver_mode: CPU
warmup_param: {iterations: 10}
"""


def write_solver(folder: Path) -> Path:
    """Write them into a folder; returns the solver's file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "net.yaml").write_text(NET)
    (folder / "solver.yaml").write_text(SOLVER)
    return folder / "solver.yaml"
