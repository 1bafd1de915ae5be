"""A fixed sample of faults in runs, publishes, downloads and imports; ``scripts/faults`` runs all of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.faults.all_scenarios import SCENARIOS

ROOT = Path(__file__).parents[2]
EVERY = 97


def test_no_fault_loses_anything() -> None:
    command = [sys.executable, ROOT / "scripts" / "faults", "-every", str(EVERY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.findall(
        r"^([\w-]+): (\d+) operations .*\n  (\d+) cases .*\n  0 wrong$", done.stdout, re.MULTILINE
    )
    assert [name for name, _, _ in counted] == [scenario.name for scenario in SCENARIOS]
    assert all(int(operations) > (25, 10)[name == "launch"] for name, operations, _ in counted), done.stdout
    for name in ("train", "resume"):
        (kinds,) = re.findall(rf"^{name}: \d+ operations \((.*)\)$", done.stdout, re.MULTILINE)
        kinds_written = {"create", "write", "sync", "rename", "mkdir"}
        assert {one for one in kinds_written if f"{one} in the background" in kinds} == kinds_written
    assert sum(int(cases) for _, _, cases in counted) > 25, done.stdout


def test_faults_tells_an_unknown_scenario() -> None:
    command = [sys.executable, ROOT / "scripts" / "faults", "-only", "trian"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no scenario trian; scenarios: train, resume, price, publish" in done.stderr


def test_loss_of_the_only_file_is_noticed() -> None:
    command = [sys.executable, "-m", "tests.faults.careless"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert lines[:2] == ["13", "[-9, 0, 1]"], done.stdout + done.stderr
    found = {line.removeprefix("careless: operation ") for line in lines[2:] if line.startswith("careless: ")}
    lost = {line for line in found if "the state is" in line}
    assert "1 (write state), ENOSPC: the state is ''" in lost
    assert "1 (write state), kill: the state is 'n'" in lost
    assert not any(line.startswith("0 ") for line in lost), "a file that can't be opened is not lost"
