"""SLURM runs the printed script, on a cluster of one node that the test sets up."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from safetensors.numpy import load_file

from layerzoo.cli.main import main
from tests.jobs.clusters.one_node import OneNode, missing, until

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]

TRAIN = ["train", "-solver", "configs/mlp_solver.yaml", "-set", "snapshot=1000", "-set", "display=100"]


@pytest.fixture(scope="module")
def node() -> Iterator[OneNode]:
    folder = Path(mkdtemp(prefix="slurm-", dir="/tmp"))
    one = OneNode(folder)
    try:
        one.start()
        yield one
    finally:
        one.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def here(node: OneNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, with ``layerzoo`` among the programs."""
    program = tmp_path / "bin" / "layerzoo"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m layerzoo "$@"\n')
    program.chmod(0o755)
    for name, value in node.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{program.parent}:{node.env['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("LAYERZOO_HOME", os.environ.get("LAYERZOO_HOME", str(tmp_path / "home")))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def submitted(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    """Submit a job by ``layerzoo launch slurm -submit``; its number."""
    assert main(["launch", "slurm", "-submit", *words]) == 0
    match = re.search(r"^Submitted batch job (\d+)$", capfd.readouterr().out, re.MULTILINE)
    assert match
    return match[1]


def weights(run: Path, iteration: int) -> dict[str, bytes]:
    blobs = load_file(run / f"iter_{iteration}" / "weights.safetensors")
    return {name: blob.tobytes() for name, blob in blobs.items()}


def test_job_trains_to_its_end(node: OneNode, here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    number = submitted(capfd, "-time", "10", "--", *TRAIN, "-set", "max_iter=60")
    facts = node.wait(number, "COMPLETED", 120)
    assert (facts["ExitCode"], facts["Restarts"], facts["JobName"]) == ("0:0", "0", "mlp")
    assert "60 iterations in" in (here / f"mlp-{number}.log").read_text()
    assert (here / "snapshots/mlp.run/iter_60/weights.safetensors").is_file()


def test_fault_of_the_config_ends_the_job(
    node: OneNode, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    number = submitted(capfd, "--", *TRAIN, "-set", "max_iter=60", "-set", "momentum=2")
    facts = node.wait(number, "FAILED", 120)
    assert (facts["ExitCode"], facts["Restarts"]) == ("2:0", "0")


def test_job_that_is_stopped_is_queued_again_and_ends_with_the_same_weights(
    node: OneNode, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = [*TRAIN, "-set", "max_iter=6000", "-set", "random_seed=3"]
    number = submitted(capfd, "--", *whole)
    metrics = here / "snapshots/mlp.run/metrics.jsonl"
    until(lambda: metrics.exists() and metrics.read_text().count("\n") > 2, 120)
    node.run("scancel", "--batch", "--signal=TERM", number)  # what SLURM sends before a time limit
    facts = node.wait(number, "PENDING", 60)
    assert facts["Restarts"] == "1"
    (stopped,) = (here / "snapshots/mlp.run").glob("iter_*")
    assert 0 < int(stopped.name.removeprefix("iter_")) < 6000
    node.run("scontrol", "update", f"JobId={number}", "StartTime=now")  # SLURM waits two minutes otherwise
    assert node.wait(number, "COMPLETED", 180)["ExitCode"] == "0:0"
    log = (here / f"mlp-{number}.log").read_text()
    assert log.count(f"Resuming from snapshots/mlp.run/{stopped.name}") == 1
    assert "Optimization stopped early." in log, "the log of both parts"

    assert main([*whole, "-gpu", "none", "-set", "snapshot_prefix=whole"]) == 0
    assert weights(here / "snapshots/mlp.run", 6000) == weights(here / "whole.run", 6000)


def test_job_is_queued_again_before_its_time_limit_and_not_after_it_is_cancelled(
    node: OneNode, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    long = [*TRAIN, "-set", "max_iter=100000000", "-set", "test_interval=1000000"]
    # SLURM looks at limits every half a minute: the signal comes in the first minute, not at its start.
    number = submitted(capfd, "-time", "2", "-grace", "60", "--", *long)
    node.wait(number, "RUNNING", 60)
    until(lambda: node.job(number)["Restarts"] == "1", 120)
    node.wait(number, "PENDING", 60)
    assert list((here / "snapshots/mlp.run").glob("iter_*")), "stopped with a snapshot"
    node.run("scontrol", "update", f"JobId={number}", "StartTime=now", "TimeLimit=60")
    log = here / f"mlp-{number}.log"
    until(lambda: "Resuming from" in log.read_text(), 120)
    node.run("scancel", number)
    facts = node.wait(number, "CANCELLED", 60)
    assert facts["Restarts"] == "1"
