"""Measure how long training waits for its snapshots, which a thread writes while it goes on.

    python benchmarks/snapshots.py [-nets lenet,alexnet] [-every 100] [-snapshots 3] [-rounds 2] [-json FILE]

A run trains blocks of iterations with a snapshot after every ``-every``th, and blocks without, in turn. The
wait is the wall time that the training thread spends in taking snapshots: the check of the params, the copy,
a wait for the snapshot before, and what follows a write. Its share is that of the blocks with snapshots.
Slower is how much longer these blocks take as a whole, compared with the blocks without: there it counts as
well that the writer needs a processor and the disk; on a machine with few cores, or with other load, it
varies. At once is the wait for a snapshot that is written before training goes on.

AlexNet is Caffe's, on random images, with batches of 4; LeNet has batches of 64.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from layerzoo.loader import load_net, load_solver
from layerzoo.schema import SolverParameter
from layerzoo.solver import Solver

CONFIGS = Path(__file__).parent.parent / "configs"
IMAGES = """
  name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
    shape { dim: 4 dim: 3 dim: 227 dim: 227 } shape { dim: 4 }
    data_filler { type: "gaussian" } data_filler { value: 3 } }
"""


def lenet(prefix: str) -> SolverParameter:
    """LeNet's solver."""
    settings = ("test_interval=0", "display=0", "snapshot=0", f"snapshot_prefix={prefix}")
    document = load_solver(CONFIGS / "lenet_solver.yaml", settings)
    message = SolverParameter()
    message.CopyFrom(document.message)
    message.net = str(CONFIGS / "lenet_train_test.yaml")
    return message


def alexnet(prefix: str) -> SolverParameter:
    """A solver of AlexNet on random images."""
    from google.protobuf import text_format

    message = SolverParameter(
        snapshot_prefix=prefix, base_lr=0.0001, lr_policy="fixed", momentum=0.9, weight_decay=0.0005
    )
    net = message.net_param
    net.CopyFrom(load_net(CONFIGS / "alexnet_train_val.prototxt").message)
    layers = [layer for layer in net.layer if layer.bottom and layer.type != "Accuracy"]
    data = type(net.layer[0])()
    text_format.Parse(IMAGES, data)
    del net.layer[:]
    net.layer.extend([data, *layers])
    message.solver_mode = SolverParameter.CPU
    message.random_seed = 1
    return message


NETS: dict[str, Callable[[str], SolverParameter]] = {"lenet": lenet, "alexnet": alexnet}


class Timed:
    """Adds up the wall time of the calls of a function."""

    def __init__(self, owner: Any, name: str) -> None:
        self.seconds = 0.0
        call = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            begun = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - begun

        setattr(owner, name, timed)


def measure(name: str, every: int, snapshots: int, rounds: int, folder: Path) -> dict[str, Any]:
    """The figures of a net."""
    solver = Solver(NETS[name](str(folder / name)), device="cpu")
    solver.param.max_iter = 10**9
    loop, saver = solver.loop, solver.saver
    timers = [Timed(loop, "_snapshot"), Timed(saver, "settle")]
    waits: list[float] = []
    took: dict[bool, list[float]] = {True: [], False: []}

    def waited() -> float:
        return sum(timer.seconds for timer in timers)

    def block(with_snapshots: bool) -> None:
        solver.param.snapshot = every if with_snapshots else 0
        before, begun = waited(), time.perf_counter()
        loop.advance(every * snapshots)
        took[with_snapshots].append(time.perf_counter() - begun)
        if with_snapshots:
            waits.append((waited() - before) / snapshots)
        saver.settle(wait=True)

    solver.param.snapshot = 0
    loop.advance(max(2, every // 20))
    loop._snapshot(wait=False)  # its copy gets new memory; the following ones use it again
    first = timers[0].seconds
    saver.settle(wait=True)
    for turn in range(rounds):
        for which in (True, False) if turn % 2 else (False, True):
            block(which)
    begun = time.perf_counter()
    solver.snapshot()
    at_once = time.perf_counter() - begun
    plain = statistics.median(took[False]) / (every * snapshots)
    with_them = statistics.median(took[True]) / (every * snapshots)
    wait = statistics.median(waits)
    return {
        "snapshot_mb": round(solver.run.snapshot_bytes / 1e6, 1),
        "iteration_ms": round(1000 * plain, 2),
        "every": every,
        "first_wait_ms": round(1000 * first, 2),
        "wait_ms": round(1000 * wait, 2),
        "at_once_ms": round(1000 * at_once, 1),
        "wait_percent": round(100 * wait / (every * with_them), 3),
        "at_once_percent": round(100 * at_once / (every * plain + at_once), 3),
        "slower_percent": round(100 * (with_them / plain - 1), 2),
        "snapshots": snapshots * rounds,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the figures, and write them to the file of ``-json``."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("-nets", default="lenet,alexnet")
    parser.add_argument("-every", type=int, default=100)
    parser.add_argument("-snapshots", type=int, default=3)
    parser.add_argument("-rounds", type=int, default=2)
    parser.add_argument("-folder", help="where snapshots are written; a temporary folder by default")
    parser.add_argument("-json")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    logging.getLogger("layerzoo").setLevel("WARNING")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        figures: dict[str, Any] = {
            "device": f"CPU, {torch.get_num_threads()} thread of {os.cpu_count()}",
            "torch": torch.__version__,
            "python": platform.python_version(),
            "load": round(os.getloadavg()[0], 1),
            "nets": {
                name: measure(name, given.every, given.snapshots, given.rounds, Path(folder))
                for name in given.nets.split(",")
            },
            "command": f"python benchmarks/snapshots.py -every {given.every} -snapshots {given.snapshots} "
            f"-rounds {given.rounds}",
        }
    print(json.dumps(figures, indent=2))
    if given.json:
        Path(given.json).write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
