"""Lessons whose test net holds a classifier of the zoo, which judges what the net draws."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.courses.lessons import make_solver
from tests.shipped import FOLDER

JUDGE = FOLDER.parent / "model_zoo" / "lenet-digits" / "1" / "weights.safetensors"


def value(name: str, metric: str, changes: list[str], seed: int) -> float:
    """The metric of a lesson that is trained with the judge's weights; see `measure`."""
    with tempfile.TemporaryDirectory() as folder:
        solver = make_solver(name, [*changes, f"weights={JUDGE}"], Path(folder), seed)
        solver.finish()
        (scores,) = solver.test()
        (found,) = scores.values[metric]
        return found
