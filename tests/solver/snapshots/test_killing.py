"""SIGKILL at random moments, repeatedly, by the program `tests.solver.snapshots.killing`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = 55
ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_run_killed_at_any_moment_ends_with_the_same_bits(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.solver.snapshots.killing", str(tmp_path), str(KILLS)]
    alone = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    print(f"killed {counts['kills']} times, {counts['while_writing']} of them while a snapshot was written")
    assert counts["kills"] == KILLS
    assert counts["while_writing"] >= KILLS // 5
    assert counts["runs"] >= 2
