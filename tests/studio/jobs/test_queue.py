"""The queue: what is added, moved, stopped, resumed, cloned and removed, and what ends in the middle."""

from __future__ import annotations

import errno
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.jobs import Limits, Order, job, queue
from layerzoo.studio.routing import NotFoundError
from tests.studio.jobs.conftest import Bench, gpu, until


def test_job_runs_and_ends_with_its_exit_code(bench: Bench) -> None:
    good, bad = bench.add("exit", "0", kind="data"), bench.add("exit", "3", kind="data")
    assert bench.run(good, "done").code == 0
    ended = bench.run(bad, "failed")
    assert ended.code == 3
    assert ended.created <= ended.started <= ended.ended
    assert ended.output()[0].startswith("exit 3")


def test_jobs_have_numbers_that_are_never_given_twice(bench: Bench) -> None:
    first, second = bench.add("exit"), bench.add("exit")
    assert [first.id, second.id] == ["000001", "000002"]
    bench.queue.remove(second.id)
    assert bench.add("exit").id == "000003"
    (first.folder / "order.json").write_text("damaged")
    assert bench.add("exit").id == "000004"
    assert [one.id for one in bench.queue.jobs()] == ["000003", "000004"]


def test_jobs_train_one_after_the_other_by_priority_then_time(bench: Bench) -> None:
    low = bench.add("train")
    first, second = bench.add("train", priority=1), bench.add("train", priority=1)
    assert [one.id for one in bench.queue.waiting()] == [first.id, second.id, low.id]
    for name in (first, second, low):
        bench.ready(name)
        assert [one.id for one in bench.queue.jobs() if one.is_active] == [name.id]
        (Path(name.order.folder) / "go").touch()
        bench.run(name, "done")


def test_limit_lets_several_jobs_train(bench: Bench) -> None:
    bench.queue.limits = Limits(cpu=2)
    jobs = [bench.add("train") for _ in range(3)]
    for name in jobs[:2]:
        bench.ready(name)
    bench.queue.tick()
    assert bench.job(jobs[2]).state == "queued"
    assert bench.queue.why() == {jobs[2].id: "2 others on the processors; at most 2 at a time"}


def test_short_jobs_do_not_wait_for_training(bench: Bench) -> None:
    bench.ready(bench.add("train"))
    bench.run(bench.add("exit", kind="evaluate"), "done")


@pytest.mark.parametrize(("asked", "state"), [("pause", "paused"), ("stop", "stopped")])
def test_training_that_is_asked_to_end_has_a_state_of_its_own(bench: Bench, asked: str, state: str) -> None:
    train = bench.ready(bench.add("train", resumable=True))
    getattr(bench.queue, asked)(train.id)
    ended = bench.run(train, state)
    assert ended.code == 75
    assert ended.has_ended == (state == "stopped")


def test_training_that_a_signal_of_others_stops_is_stopped(bench: Bench) -> None:
    train = bench.ready(bench.add("train"))
    os.kill(bench.pid(train, "command"), signal.SIGTERM)
    assert bench.run(train, "stopped").code == 75


def test_job_that_ends_before_it_hears_of_the_stop_is_done(bench: Bench) -> None:
    train = bench.ready(bench.add("train"))
    (Path(train.order.folder) / "go").touch()
    bench.run(train, "done")
    bench.job(train).wish("stop")
    assert bench.job(train).state == "done"


def test_job_goes_on_with_resume_auto_and_a_clone_begins_anew(bench: Bench) -> None:
    train = bench.ready(
        bench.add("train", "-new", "-snapshot=a", "-set", "x=1", resumable=True, run="runs/a")
    )
    bench.queue.pause(train.id)
    bench.run(train, "paused")
    again = bench.queue.resume(train.id)
    assert again.state == "queued"
    assert again.command == ["train", "-set", "x=1", "-resume", "auto"]
    copy = bench.queue.clone(train.id, "ada")
    assert copy.command == [*train.order.command, "-set", "snapshot_prefix=runs/a-2"]
    assert (copy.order.run, copy.order.user) == ("runs/a-2", "ada")
    assert bench.queue.clone(copy.id).order.run == "runs/a-3"
    bench.run(again, "running")
    until(lambda: "-resume auto" in bench.job(again).output()[0])


def test_tune_goes_on_by_its_own_command(bench: Bench) -> None:
    tune = bench.ready(bench.add("tune", "plan.yaml", kind="tune", resumable=True))
    bench.queue.pause(tune.id)
    bench.run(tune, "paused")
    assert bench.queue.resume(tune.id).command == ["tune", "plan.yaml"]


def test_job_that_cannot_go_on_is_neither_paused_nor_resumed(bench: Bench) -> None:
    waits = bench.ready(bench.add("wait", kind="data"))
    with pytest.raises(UsageError, match="can't be paused"):
        bench.queue.pause(waits.id)
    bench.queue.stop(waits.id)
    bench.run(waits, "stopped")
    with pytest.raises(UsageError, match="can't go on"):
        bench.queue.resume(waits.id)
    with pytest.raises(UsageError, match="ended already"):
        bench.queue.stop(waits.id)


def test_job_is_stopped_before_it_starts_and_put_back(bench: Bench) -> None:
    train = bench.add("train")
    assert bench.queue.stop(train.id).state == "stopped"
    bench.queue.tick()
    assert bench.job(train).state == "stopped"
    bench.queue.resume(train.id)
    assert bench.ready(train).command == ["train"]


def test_stop_while_the_process_starts_is_heard(bench: Bench) -> None:
    for _ in range(5):
        train = bench.add("train", resumable=True)
        bench.queue.tick()
        assert bench.job(train).starting or bench.job(train).is_active
        bench.queue.stop(train.id)
        bench.run(train, "stopped")
        assert until(lambda: all(child.poll() is not None for child in bench.queue._children))


def test_job_that_does_not_listen_is_killed(bench: Bench) -> None:
    deaf = bench.ready(bench.add("deaf"))
    with pytest.raises(UsageError, match="doesn't run"):
        bench.queue.kill(bench.add("train").id)
    assert bench.queue.stop(deaf.id).state == "stopping"
    bench.queue.kill(deaf.id)
    assert bench.run(deaf, "stopped").code == -signal.SIGKILL


def test_command_that_is_killed_has_failed(bench: Bench) -> None:
    train = bench.ready(bench.add("train"))
    os.kill(bench.pid(train, "command"), signal.SIGKILL)
    assert bench.run(train, "failed").code == -signal.SIGKILL


def test_job_whose_runner_is_killed_goes_on_and_can_be_stopped(bench: Bench) -> None:
    train, other = bench.ready(bench.add("train", resumable=True)), bench.add("train")
    command = bench.pid(train, "command")
    os.kill(bench.pid(train), signal.SIGKILL)
    until(lambda: all(child.poll() is not None for child in bench.queue._children))
    bench.queue.tick()
    assert bench.job(train).state == "running"
    assert bench.job(other).state == "queued"  # the processors are not free
    bench.queue.stop(train.id)
    until(lambda: not job.is_process(command, ""))
    assert bench.job(train).state == "lost"
    assert bench.queue.resume(train.id).command[-2:] == ["-resume", "auto"]


def test_jobs_go_on_when_the_studio_ends_and_a_new_one_adopts_them(bench: Bench) -> None:
    train = bench.ready(bench.add("train", resumable=True))
    after = bench.another()
    assert after.job(train.id).state == "running"
    assert after.tick() == [train.id]
    assert after.tick() == []
    after.pause(train.id)
    bench.run(train, "paused", after)


def test_two_studios_start_a_job_once(bench: Bench) -> None:
    jobs = [bench.add("exit", kind="data") for _ in range(8)]
    queues = [bench.queue, bench.another(), bench.another()]
    threads = [threading.Thread(target=one.tick) for one in queues for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in jobs:
        ended = bench.run(name, "done")
        assert ended.output()[0].count("exit") == 1
    for one in queues[1:]:
        for child in one._children:
            child.wait()


def test_second_runner_of_a_job_does_nothing(bench: Bench) -> None:
    train = bench.ready(bench.add("train"))
    (train.folder / job.PROCESS).unlink()
    (train.folder / job.START).unlink()  # as if a clock had jumped
    children = len(bench.queue._children)
    bench.queue.tick()
    assert len(bench.queue._children) == children + 1
    assert bench.queue._children[-1].wait() == 127
    assert bench.job(train).output()[0].count("train") == 1


def test_queues_add_jobs_at_once_without_losing_one(bench: Bench) -> None:
    other = bench.another()

    def add(to: queue.Queue) -> None:
        for _ in range(10):
            to.add(Order(["exit"], "/", "", "data"))

    threads = [threading.Thread(target=add, args=(to,)) for to in (bench.queue, other, bench.queue)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.id for one in bench.queue.jobs()] == [f"{number:06}" for number in range(1, 31)]


def test_full_disk_leaves_no_half_job(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    real = job.write

    def full(path: Path, value: dict[str, Any]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(job, "write", full)
    with pytest.raises(OSError, match="No space left"):
        bench.add("exit")
    assert bench.queue.jobs() == []
    monkeypatch.setattr(job, "write", real)
    assert bench.add("exit", kind="data").id == "000001"


def test_removed_job_comes_back(bench: Bench) -> None:
    done = bench.run(bench.add("exit", kind="data"), "done")
    bench.queue.remove(done.id)
    with pytest.raises(NotFoundError):
        bench.queue.job(done.id)
    assert bench.queue.restore(done.id).state == "done"
    with pytest.raises(NotFoundError, match="no removed job"):
        bench.queue.restore(done.id)
    running = bench.ready(bench.add("train"))
    with pytest.raises(UsageError, match="stop it first"):
        bench.queue.remove(running.id)


@pytest.mark.parametrize("place", [1, 2, 3, 4])
@pytest.mark.parametrize("moved", [0, 1, 2, 3])
def test_place_moves_a_job_and_keeps_the_order_of_the_others(bench: Bench, moved: int, place: int) -> None:
    jobs = [bench.add("train", priority=priority) for priority in (0, 2, 0, 1)]
    order = [one.id for one in bench.queue.waiting()]
    name = jobs[moved].id
    others = [one for one in order if one != name]
    bench.queue.place(name, place)
    others.insert(place - 1, name)
    assert [one.id for one in bench.queue.waiting()] == others


def test_place_of_a_job_that_does_not_wait_is_refused(bench: Bench) -> None:
    done = bench.run(bench.add("exit", kind="data"), "done")
    with pytest.raises(UsageError, match="doesn't wait"):
        bench.queue.place(done.id, 1)
    with pytest.raises(UsageError, match="expected -1000 to 1000"):
        bench.queue.move(done.id, 2000)


def test_gpus_are_given_and_seen_by_the_command(bench: Bench) -> None:
    bench.gpus = [gpu(0, used=8), gpu(1)]
    one, two, both = (bench.add("train", gpus=count) for count in (1, 1, 2))
    assert bench.ready(one).on == (1,)
    assert bench.ready(two).on == (0,)
    assert "gpus=1\n" in bench.job(one).output()[0]
    bench.queue.tick()
    assert bench.queue.why() == {both.id: "needs 2 GPUs; others use them, at most 1 on each"}
    for name in (one, two):
        (Path(name.order.folder) / "go").touch()
        bench.run(name, "done")
    assert sorted(bench.ready(both).on) == [0, 1]


def test_tick_tells_what_has_changed(bench: Bench) -> None:
    train = bench.add("train")
    assert bench.queue.tick() == [train.id]
    bench.ready(train)
    bench.queue.tick()
    assert bench.queue.tick() == []
    bench.queue.move(train.id, 5)
    assert bench.queue.tick() == [train.id]
