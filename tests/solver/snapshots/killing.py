"""Kill a training process repeatedly, and compare the result with that of an uninterrupted run.

python -m tests.solver.snapshots.killing FOLDER KILLS

A separate program: it imports torch once and forks, so that a process starts in milliseconds, and it runs
single-threaded, which fork requires. Prints counts as JSON.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from layerzoo.solver import Solver
from tests.solver.snapshots.whole_state import SOLVER, fingerprint, metrics, write_configs

END = 14
EVENTS = frozenset({"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir"})
RUN = Path("r.run")


def main(folder: str, kills: int) -> None:
    """Kill a number of times, half of them at random, half between two steps of writing a snapshot."""
    torch.set_num_threads(1)
    os.chdir(folder)
    keep = "keep_param { last: 2 best: 1 }"
    write_configs(Path(), f"{SOLVER} momentum: 0.9 max_iter: {END} snapshot: 1 {keep}")
    begun = time.monotonic()
    steps = Path("steps")
    assert exit_of(fork(lambda: count_steps(lambda n: steps.write_text(str(n))))) == 0
    life, wanted = (time.monotonic() - begun) / 3, result()
    shutil.rmtree(RUN)
    rng = random.Random(1)
    counts = {"kills": 0, "while_writing": 0, "runs": 0}
    while counts["kills"] < kills:
        if rng.random() < 0.5:
            child = fork(lambda: None)
            time.sleep(rng.random() * life)
            os.kill(child, signal.SIGKILL)
        else:
            last = rng.randint(1, int(steps.read_text()) // 3)
            child = fork(dying_at(last))
        code = exit_of(child)
        if code == -signal.SIGKILL:
            counts["kills"] += 1
            counts["while_writing"] += any(RUN.glob(".*.part"))
        else:
            assert code == 0, f"a life ended with {code}"
            assert result() == wanted, "what came out is not what would have"
            counts["runs"] += 1
            shutil.rmtree(RUN)
    assert exit_of(fork(lambda: None)) == 0
    assert result() == wanted, "what came out is not what would have"
    counts["runs"] += 1
    print(json.dumps(counts))


def fork(prepare: Callable[[], None]) -> int:
    """Start a process that resumes after the last one was killed."""
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        prepare()
        code = Solver("solver.prototxt").solve("auto")
    finally:
        os._exit(code)


def dying_at(last: int) -> Callable[[], None]:
    """Lets a process kill itself with SIGKILL before a given step of writing."""

    def die(step: int) -> None:
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)

    return lambda: count_steps(die)


def exit_of(child: int) -> int:
    """How a process ended: its exit code, or the negative number of the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def count_steps(tell: Callable[[int], object]) -> None:
    """Call a function before each operation of this process on the run's files, with its number."""
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        tell(done)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in EVENTS and "r.run" in str(arguments[0]):
            step()

    sync = os.fsync

    def counted(descriptor: int) -> None:
        step()
        sync(descriptor)

    sys.addaudithook(hook)
    os.fsync = counted  # type: ignore[assignment]


def result() -> tuple[dict[str, str], list[dict[str, object]]]:
    """The result of a run: tensors and text of its last snapshot, and its metrics."""
    return fingerprint(RUN / f"iter_{END}"), metrics(RUN)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
