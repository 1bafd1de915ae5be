"""What starts next, and why the others wait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from layerzoo.studio.jobs import Gpu, Job, Limits, Order
from layerzoo.studio.jobs.schedule import plan_of
from tests.studio.jobs.conftest import gpu


def _job(number: int, gpus: int = 0, state: Any = "queued", on: tuple[int, ...] = (), **more: Any) -> Job:
    order = Order(["train"], "/", "", gpus=gpus, **more)
    return Job(Path(f"{number:06}"), order, 0.0, state=state, on=on)


def _planned(jobs: list[Job], machine: list[Gpu], limits: Limits | None = None) -> tuple[Any, Any]:
    plan = plan_of(jobs, limits or Limits(), lambda: machine)
    return [(int(job.id), on) for job, on in plan.starts], {int(job.id): why for job, why in plan.waiting}


def test_job_that_needs_more_gpus_than_there_are_says_so_and_holds_nothing_up() -> None:
    starts, waiting = _planned([_job(1, 2), _job(2, 1)], [gpu(0)])
    assert starts == [(2, (0,))]
    assert waiting == {1: "needs 2 GPUs, there is 1"}
    assert _planned([_job(1, 1)], [])[1] == {1: "needs a GPU, there is none"}
    assert _planned([_job(1, 3)], [gpu(0), gpu(1)])[1] == {1: "needs 3 GPUs, there are 2"}


def test_job_for_all_gpus_is_not_overtaken() -> None:
    running = _job(1, 1, "running", (0,))
    starts, waiting = _planned([running, _job(2, 2), _job(3, 1), _job(4)], [gpu(0), gpu(1)])
    assert starts == [(4, ())]
    assert waiting == {
        2: "needs 2 GPUs; others use them, at most 1 on each",
        3: "needs a GPU; a job before it waits for its own",
    }


def test_several_jobs_share_a_gpu_where_the_limit_allows_it() -> None:
    running = _job(1, 1, "running", (0,))
    starts, _ = _planned([running, _job(2, 1), _job(3, 1), _job(4, 1)], [gpu(0), gpu(1)], Limits(per_gpu=2))
    assert starts == [(2, (1,)), (3, (0,)), (4, (1,))]


def test_job_that_is_starting_takes_its_place() -> None:
    first = _job(1, 1, on=(0,))
    first.starting = True
    other = _job(2)
    other.starting = True
    starts, waiting = _planned([first, other, _job(3, 1), _job(4)], [gpu(0)])
    assert starts == []
    assert waiting[4] == "another job on the processors; at most 1 at a time"


def test_gpus_are_looked_for_only_if_a_job_needs_one() -> None:
    def fails() -> list[Gpu]:
        raise AssertionError

    assert len(plan_of([_job(1)], Limits(), fails).starts) == 1
