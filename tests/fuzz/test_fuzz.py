"""Inputs of every kind from a fixed seed: accepted, or refused by a LayerzooError. See scripts/fuzz."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

from tests.fuzz.kinds import kinds
from tests.fuzz.supervisor import Crash, Fuzzing, Process

ROOT = Path(__file__).parents[2]
REGRESSIONS = Path(__file__).parent / "regressions"
SEED = 1
FEW = 40
"""Inputs of a kind whose share of the time is 1."""


def test_readers_accept_or_refuse_generated_inputs(tmp_path: Path) -> None:
    counts = {name: round(FEW * kind.share) for name, kind in kinds().items()}
    fuzzing = Fuzzing(list(kinds().values()), SEED, counts=counts)
    fuzzing.run(900)
    assert fuzzing.errors == []
    shown = [f"{one.save(tmp_path, SEED)}: {one.what}\n{one.details}" for one in fuzzing.findings.values()]
    assert not shown, "\n".join(shown)
    assert {name: tally.counts.total() for name, tally in fuzzing.tallies.items()} == counts
    assert sum(counts.values()) > 1500
    accepted = {name: tally.counts["accepted"] for name, tally in fuzzing.tallies.items()}
    assert sum(accepted.values()) > 250
    # a reader that refuses everything is broken, or its inputs are; of these kinds few are valid
    assert {name for name, count in accepted.items() if not count} <= {"http", "training", "zoo-net"}


def test_readers_accept_or_refuse_what_they_once_failed_on() -> None:
    files = sorted(path for path in REGRESSIONS.glob("*/*") if path.is_file())
    assert len(files) > 20
    process, failures = Process(), []
    for file in files:
        try:
            job = {"kind": file.parent.name, "data": base64.b64encode(file.read_bytes()).decode()}
            answer = process.ask(job, 60)
        except Crash as crash:
            failures.append(f"{file}: {crash.what}")
            process = Process()
        else:
            if answer["status"] == "failed":
                failures.append(f"{file}: {answer['what']}\n{answer['details']}")
    process.close()
    assert not failures, "\n".join(failures)


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
