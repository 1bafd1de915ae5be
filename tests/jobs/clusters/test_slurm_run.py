"""SLURM runs the printed script, on a cluster that the test sets up on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from safetensors.numpy import load_file

from layerzoo.cli.main import main
from tests.jobs.clusters.nodes import Nodes, missing, until

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]

TRAIN = ["train", "-solver", "configs/mlp_solver.yaml", "-set", "snapshot=1000", "-set", "display=100"]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    folder = Path(mkdtemp(prefix="slurm-", dir="/tmp"))
    one = Nodes(folder)
    try:
        one.start()
        yield one
    finally:
        one.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def here(nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, with ``layerzoo`` among the programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    # the names of the nodes are known to SLURM alone, and all of them are this machine
    known = '[ "$1 $2" = "show hostnames" ] && echo localhost || exec /usr/bin/scontrol "$@"'
    for name, line in (("layerzoo", f'exec {sys.executable} -m layerzoo "$@"'), ("scontrol", known)):
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    for name, value in nodes.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{folder}:{nodes.env['PATH']}")
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


def test_job_trains_to_its_end(nodes: Nodes, here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    number = submitted(capfd, "-time", "10", "--", *TRAIN, "-set", "max_iter=60")
    facts = nodes.wait(number, "COMPLETED", 120)
    assert (facts["ExitCode"], facts["Restarts"], facts["JobName"]) == ("0:0", "0", "mlp")
    assert "60 iterations in" in (here / f"mlp-{number}.log").read_text()
    assert (here / "snapshots/mlp.run/iter_60/weights.safetensors").is_file()


def test_fault_of_the_config_ends_the_job(
    nodes: Nodes, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    number = submitted(capfd, "--", *TRAIN, "-set", "max_iter=60", "-set", "momentum=2")
    facts = nodes.wait(number, "FAILED", 120)
    assert (facts["ExitCode"], facts["Restarts"]) == ("2:0", "0")


@pytest.mark.parametrize("machines", [1, 2])
def test_job_that_is_stopped_is_queued_again_and_ends_with_the_same_weights(
    nodes: Nodes, here: Path, capfd: pytest.CaptureFixture[str], machines: int
) -> None:
    """Stopped on all machines, each of which starts its own processes, and continued on all."""
    last = 6000 // machines**2  # the processes share the processors
    whole = [*TRAIN, "-set", f"max_iter={last}", "-set", "random_seed=3"]
    number = submitted(capfd, "-machines", str(machines), "--", *whole)
    metrics = here / "snapshots/mlp.run/metrics.jsonl"
    until(lambda: metrics.exists() and metrics.read_text().count("\n") > 2, 120)
    nodes.run("scancel", "--batch", "--signal=TERM", number)  # what SLURM sends before a time limit
    facts = nodes.wait(number, "PENDING", 60)
    assert (facts["Restarts"], facts["NumNodes"].partition("-")[0]) == ("1", str(machines))
    (stopped,) = (here / "snapshots/mlp.run").glob("iter_*")
    assert 0 < int(stopped.name.removeprefix("iter_")) < last
    nodes.run("scontrol", "update", f"JobId={number}", "StartTime=now")  # SLURM waits two minutes otherwise
    assert nodes.wait(number, "COMPLETED", 180)["ExitCode"] == "0:0"
    log = (here / f"mlp-{number}.log").read_text()
    assert log.count(f"Resuming from snapshots/mlp.run/{stopped.name}") == 1
    assert "Optimization stopped early." in log, "the log of both parts"

    alone = ["-gpu", "none", "-processes", str(machines), "-set", "snapshot_prefix=whole"]
    done = subprocess.run(["layerzoo", *whole, *alone], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert weights(here / "snapshots/mlp.run", last) == weights(here / "whole.run", last)


def test_job_is_queued_again_before_its_time_limit_and_not_after_it_is_cancelled(
    nodes: Nodes, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    long = [*TRAIN, "-set", "max_iter=100000000", "-set", "test_interval=1000000"]
    # SLURM looks at limits every half a minute: the signal comes in the first minute, not at its start.
    number = submitted(capfd, "-time", "2", "-grace", "60", "--", *long)
    nodes.wait(number, "RUNNING", 60)
    until(lambda: nodes.job(number)["Restarts"] == "1", 120)
    nodes.wait(number, "PENDING", 60)
    assert list((here / "snapshots/mlp.run").glob("iter_*")), "stopped with a snapshot"
    nodes.run("scontrol", "update", f"JobId={number}", "StartTime=now", "TimeLimit=60")
    log = here / f"mlp-{number}.log"
    until(lambda: "Resuming from" in log.read_text(), 120)
    nodes.run("scancel", number)
    facts = nodes.wait(number, "CANCELLED", 60)
    assert facts["Restarts"] == "1"
