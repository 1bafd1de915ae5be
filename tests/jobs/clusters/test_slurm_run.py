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

TRAIN = ["train", "-solver", "configs/mlp_solver.yaml", "-set", "display=10", "-set", "random_seed=3"]
LONG = [*TRAIN, "-set", "max_iter=100000000", "-set", "snapshot=100000000", "-set", "test_interval=100000000"]


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


def check_weights(here: Path, words: list[str], machines: int) -> None:
    """Check that the last snapshot has the weights of a run that nothing has stopped."""
    run = here / "snapshots/mlp.run"
    last = max(int(path.name.removeprefix("iter_")) for path in run.glob("iter_*"))
    alone = ["-gpu", "none", "-processes", str(machines), "-set", "snapshot_prefix=whole"]
    done = subprocess.run(
        ["layerzoo", *words, *alone, "-set", f"max_iter={last}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert weights(run, last) == weights(here / "whole.run", last)


def test_job_trains_to_its_end_and_a_fault_of_its_config_ends_it(
    nodes: Nodes, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Two jobs, each on a node."""
    number = submitted(capfd, "-time", "10", "--", *TRAIN, "-set", "max_iter=60")
    wrong = submitted(capfd, "--", *TRAIN, "-set", "max_iter=60", "-set", "momentum=2")
    facts = nodes.wait(number, "COMPLETED", 120)
    assert (facts["ExitCode"], facts["Restarts"], facts["JobName"]) == ("0:0", "0", "mlp")
    assert "60 iterations in" in (here / f"mlp-{number}.log").read_text()
    assert (here / "snapshots/mlp.run/iter_60/weights.safetensors").is_file()
    facts = nodes.wait(wrong, "FAILED", 120)
    assert (facts["ExitCode"], facts["Restarts"]) == ("2:0", "0")


def test_job_that_is_stopped_is_queued_again_and_goes_on_to_the_same_weights(
    nodes: Nodes, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Stopped on both machines, each of which starts its own processes, and continued on both."""
    number = submitted(capfd, "-machines", "2", "--", *LONG)
    log = here / f"mlp-{number}.log"
    until(lambda: log.exists() and "Iteration 20 " in log.read_text(), 120)
    nodes.run("scancel", "--batch", "--signal=TERM", number)  # what SLURM sends before a time limit
    facts = nodes.wait(number, "PENDING", 60)
    assert (facts["Restarts"], facts["NumNodes"].partition("-")[0]) == ("1", "2")
    (stopped,) = (here / "snapshots/mlp.run").glob("iter_*")
    assert int(stopped.name.removeprefix("iter_")) > 20
    begun = log.read_text()
    assert "Optimization stopped early." in begun
    nodes.run("scontrol", "update", f"JobId={number}", "StartTime=now")  # SLURM waits two minutes otherwise
    until(lambda: log.read_text().count("Iteration ") > begun.count("Iteration ") + 2, 120)
    nodes.run("scancel", "--batch", "--signal=TERM", number)
    assert nodes.wait(number, "PENDING", 60)["Restarts"] == "2"
    nodes.run("scancel", number)
    assert log.read_text().startswith(begun), "the log of both parts"
    assert log.read_text().count(f"Resuming from snapshots/mlp.run/{stopped.name}") == 1
    check_weights(here, LONG, 2)


def test_job_is_queued_again_before_its_time_limit_and_not_after_it_is_cancelled(
    nodes: Nodes, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    number = submitted(capfd, "-time", "2", "-grace", "60", "--", *LONG)
    log = here / f"mlp-{number}.log"
    until(lambda: log.exists() and "Iteration 20 " in log.read_text(), 120)
    # The signal is due now; SLURM looks at limits every half a minute.
    nodes.run("scontrol", "update", f"JobId={number}", "TimeLimit=1")
    until(lambda: nodes.job(number)["Restarts"] == "1", 120)
    nodes.wait(number, "PENDING", 60)
    assert len(list((here / "snapshots/mlp.run").glob("iter_*"))) == 1, "stopped with a snapshot"
    nodes.run("scontrol", "update", f"JobId={number}", "StartTime=now", "TimeLimit=60")
    until(lambda: "Iteration " in log.read_text().partition("Resuming from")[2], 120)
    nodes.run("scancel", number)
    facts = nodes.wait(number, "CANCELLED", 60)
    assert facts["Restarts"] == "1"
    until(lambda: len(list((here / "snapshots/mlp.run").glob("iter_*"))) == 2, 60)
    check_weights(here, LONG, 1)
