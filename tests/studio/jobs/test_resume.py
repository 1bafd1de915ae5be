"""Training that is paused and goes on ends as training that is not disturbed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from layerzoo.runs import open_run
from layerzoo.studio.jobs import Job, Limits, Order, Queue
from tests.studio.jobs.conftest import until

LENGTH = 200
WEIGHTS = "*.safetensors"


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """A queue that runs Layerzoo itself."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    made = Queue(tmp_path / "jobs", list)
    yield made
    for child in made._children:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _add(queue: Queue, top: Path, name: str) -> Job:
    command = ["train", "-solver", "configs/lenet_solver.yaml", "-gpu", "none"]
    settings = [
        f"snapshot_prefix={name}",
        f"max_iter={LENGTH}",
        "random_seed=1",
        "display=10",
        "test_interval=100",
    ]
    for one in settings:
        command += ["-set", one]
    return queue.add(Order(command, str(top), name, run=name, resumable=True))


def _reach(queue: Queue, job: Job, state: str) -> Job:
    def reached() -> bool:
        queue.tick()
        return queue.job(job.id).state == state

    until(reached, f"{job.order.title} to be {state}: {queue.job(job.id).output(-2000)[0]}")
    return queue.job(job.id)


def _weights(top: Path, name: str) -> dict[str, np.ndarray]:
    run = open_run(top / f"{name}.run")
    iteration, folder = run.snapshots[-1]
    assert iteration == LENGTH
    files = [folder] if folder.is_file() else sorted(folder.glob(WEIGHTS))
    return {f"{path.name}/{key}": value for path in files for key, value in load_file(path).items()}


def test_paused_training_goes_on_exactly(queue: Queue, tmp_path: Path) -> None:
    queue.limits = Limits(cpu=2)
    whole, paused = _add(queue, tmp_path, "whole"), _add(queue, tmp_path, "paused")
    _reach(queue, paused, "running")
    until(
        lambda: (
            "Iteration 10 " in queue.job(paused.id).output()[0]
            or "Iteration 10," in queue.job(paused.id).output()[0]
        )
    )
    queue.pause(paused.id)
    stopped = _reach(queue, paused, "paused")
    assert stopped.code == 75
    at = open_run(tmp_path / "paused.run").snapshots[-1][0]
    assert 0 < at < LENGTH
    queue.resume(paused.id)
    _reach(queue, paused, "done")
    _reach(queue, whole, "done")
    one, other = _weights(tmp_path, "whole"), _weights(tmp_path, "paused")
    assert one.keys() == other.keys()
    assert len(one) >= 8
    for name, value in one.items():
        assert np.array_equal(value, other[name]), name
