"""Measure the overhead of the training loop: LeNet at batch 64 on the CPU, one thread.

    python benchmarks/overhead.py [-rounds 40] [-block 100] [-json FILE]

The loop is ``solver.step`` with its checks for non-finite values, signals, the smoothed loss, and a display
every 100 iterations with log lines and metrics. The baseline is a bare loop over a net and an update rule
of the same config: forward, backward and update only. The two alternate in one process in blocks of
iterations, in reverse order every second round. Times are CPU time of the process over all its threads,
which other load on the machine affects little. The ratio is the loop's time over the bare loop's, the
median of the rounds.
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
from collections.abc import Callable
from pathlib import Path

import torch

from layerzoo.loader import load_solver
from layerzoo.log import to_file
from layerzoo.solver import Solver
from layerzoo.solver.callbacks.run_folder import Recorder, RunFolder

CONFIG = Path(__file__).parent.parent / "configs" / "lenet_solver.yaml"
SETTINGS = ("test_interval=0", "snapshot=0", "display=100")


def bare(iterations: int) -> Callable[[], None]:
    """A function that runs a number of iterations of the bare loop."""
    solver = Solver(load_solver(CONFIG, SETTINGS), device="cpu")
    net, rule, at = solver.net, solver.run.rule, [0]
    grads = [param.grad for param in net.learnable]

    def run() -> None:
        for iteration in range(at[0], at[0] + iterations):
            net.clock.iteration = iteration
            torch._foreach_zero_(grads)
            torch.autograd.backward(net.loss(net.run(net.fetch(iteration), net.outputs_only)))
            rule.step(solver.run.lr.policy.rate(iteration), iteration)
        at[0] += iterations

    return run


def whole(iterations: int, folder: Path) -> Callable[[], None]:
    """A function that runs a number of iterations of the full loop."""
    solver = Solver(load_solver(CONFIG, SETTINGS), device="cpu")
    solver.callbacks.members.append(Recorder(RunFolder(folder / "lenet.run")))

    def run() -> None:
        with solver.actions.listening():
            solver.step(iterations)

    return run


def main() -> None:
    """Measure, print the figures, and write them to the file of ``-json``."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("-rounds", type=int, default=40)
    parser.add_argument("-block", type=int, default=100)
    parser.add_argument("-json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("layerzoo").propagate = False
    with tempfile.TemporaryDirectory() as folder, to_file(Path(folder) / "log.txt"):
        runs = [whole(arguments.block, Path(folder)), bare(arguments.block)]
        for run in runs * 2:
            run()
        pairs = []
        for turn in range(arguments.rounds):
            took = [0.0, 0.0]
            for which in (0, 1) if turn % 2 else (1, 0):
                begun = time.process_time()
                runs[which]()
                took[which] = (time.process_time() - begun) / arguments.block * 1000
            pairs.append(took)
    ratios = sorted(loop / alone for loop, alone in pairs)
    figures = {
        "device": f"CPU, {torch.get_num_threads()} thread of {os.cpu_count()}",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "rounds": arguments.rounds,
        "block": arguments.block,
        "bare_ms": round(statistics.median(alone for _, alone in pairs), 3),
        "loop_ms": round(statistics.median(loop for loop, _ in pairs), 3),
        "ratio": round(statistics.median(ratios), 4),
        "quartiles": [round(ratios[len(ratios) // 4], 4), round(ratios[3 * len(ratios) // 4], 4)],
        "command": f"python benchmarks/overhead.py -rounds {arguments.rounds} -block {arguments.block}",
    }
    print(json.dumps(figures, indent=2))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
