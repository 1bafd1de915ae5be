"""Folders of runs, as training writes them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

SOLVER = """
net_param {
  name: "Tiny"
  layer { name: "data" type: "DummyData" top: "data" dummy_data_param { shape { dim: 2 dim: 3 } } }
  layer { name: "out" type: "InnerProduct" bottom: "data" top: "out" inner_product_param { num_output: 2 } }
}
type: "%s" base_lr: %g lr_policy: "fixed" max_iter: %d
"""


def rows(points: int, start: int = 0) -> list[dict[str, Any]]:
    """Rows of a metrics file: a display every 10 iterations, a test with every tenth display."""
    written = []
    for step in range(start, points):
        loss = 2 * math.exp(-step / 50)
        training = {"loss": loss, "lr": 0.1, "epoch": step / 5, "outputs": {"loss": [loss]}}
        written.append({"phase": "TRAIN", "iteration": step * 10, "seconds": step * 0.5, **training})
        if step % 10 == 0:
            outputs = {"accuracy": [1 - loss / 4], "loss": [loss]}
            written.append(
                {"phase": "TEST", "net": 0, "iteration": step * 10, "seconds": step * 0.5, "outputs": outputs}
            )
    return written


def write_run(
    root: Path, name: str, points: int = 21, max_iter: int = 200, rate: float = 0.1, kind: str = "SGD"
) -> Path:
    """Write the folder of a run; returns it."""
    folder = root / f"{name}.run"
    folder.mkdir(parents=True)
    (folder / "solver.prototxt").write_text(SOLVER % (kind, rate, max_iter))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(points)))
    return folder


def append(folder: Path, points: int, start: int) -> None:
    """Write further rows of a run."""
    with (folder / "metrics.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows(points, start))
