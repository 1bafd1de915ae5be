"""Inputs of every kind from a fixed seed: accepted, or refused by a LayerzooError. See scripts/fuzz."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
REGRESSIONS = Path(__file__).parent / "regressions"
SEED = 1
FEW = 40
"""Inputs of a kind whose share of the time is 1."""


def test_fuzz_prints_what_it_ran(tmp_path: Path) -> None:
    command = [
        sys.executable,
        ROOT / "scripts" / "fuzz",
        "-only",
        "index,mean",
        "-count",
        "10",
        "-processes",
        "1",
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["texts", "10"] in [line[:2] for line in lines]
    assert ["binaries", "10"] in [line[:2] for line in lines]
    assert done.stdout.splitlines()[-1].startswith("seed 0, ")


def test_fuzz_replays_a_file(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "x").write_bytes(b"{")
    command = [sys.executable, ROOT / "scripts" / "fuzz", "-replay", tmp_path / "index" / "x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "refused" in done.stdout
    assert "index.json is damaged" in done.stdout
