"""Plans that tests of the tune share."""

from __future__ import annotations

from pathlib import Path

from layerzoo.tune.plan import Plan, read_plan

GRID = """\
solver: configs/mlp_solver.yaml
set: [max_iter=20, test_interval=10, snapshot=5, display=5, solver_mode=CPU]
axes:
  base_lr: {values: [0.0001, 0.05]}
maximise: accuracy
"""


def plan_of(folder: Path, text: str = GRID) -> Plan:
    """The plan of a text, in a folder."""
    (folder / "tune.yaml").write_text(text)
    return read_plan(folder / "tune.yaml")
