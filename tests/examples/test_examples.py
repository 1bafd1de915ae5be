"""Every script of ``examples/`` runs and reaches the expected results."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path for path in (ROOT / "examples").glob("*.py") if path.name != "digits.py")
LEAST = {
    "finetuning": {"finetuned": 0.6, "frozen": 0.6},
    "lenet_by_hand": {"accuracy": 0.9},
    "multilabel_data": {"accuracy": 0.85},
    "net_surgery": {"accuracy": 0.9, "read": 4},
    "python_loss": {},
    "several_processes": {"accuracy": 0.9},
    "shapes_export": {"pictures": 40, "objects": 60},
    "triton_layer": {},
}
MOST = {
    "python_loss": {"difference": 1e-5, "last": 0.01},
    "several_processes": {"difference": 0},
    "shapes_export": {"lost": 0},
    "triton_layer": {"difference": 1e-5},
}
ITERATIONS = {"multilabel_data": "150", "shapes_export": "20"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_example_reaches_its_results(script: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "layerzoo.pycaffe", str(script), ITERATIONS.get(script.stem, "200")]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (last,) = (line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    results = {name: float(value) for name, value in (pair.split("=") for pair in last.split()[1:])}
    for name, least in LEAST[script.stem].items():
        assert results[name] >= least, last
    for name, most in MOST.get(script.stem, {}).items():
        assert results[name] <= most, last


def test_examples_are_all_tested_and_listed() -> None:
    assert {script.stem for script in SCRIPTS} == LEAST.keys()
    listed = (ROOT / "examples" / "README.md").read_text()
    assert all(f"`{script.name}`" in listed for script in SCRIPTS)
