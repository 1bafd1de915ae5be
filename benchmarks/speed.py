"""Compare training and inference with the same nets hand-written in torch, plain and tuned by an expert.

    python -m benchmarks.speed [-nets lenet,mlp] [-mode training|inference] [-rounds 9] [-threads 1]
                               [-contestants plain,expert,layerzoo] [-batch N] [-json FILE]

``compiled`` is a contestant, too: Layerzoo's training with ``engine: COMPILE``.

The scripts of `benchmarks.peers` keep their batch in memory. Each contestant runs in a process of its own, as
it does for a user; they take turns, each for a block of iterations while the others sleep. With one thread,
times are CPU time of the process, which other load on the machine affects little; with more they are times of
the clock, since threads that wait for each other use CPU time, too. A figure is the plain script's time over
another's: above 1 the other is faster; median and quartiles over the rounds. Peak memory is that of the
process, with what importing torch takes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
BATCHES: Final[Mapping[str, int]] = {
    "lenet": 64,
    "mlp": 128,
    "cifar10_quick": 100,
    "lstm": 32,
    "alexnet": 16,
    "googlenet": 4,
    "resnet50": 8,
    "mobilenet_v1": 8,
}
"""Samples of a batch of each net."""


class Contestant:
    """A process that runs iterations of one contestant.

    Args:
        name: the net.
        mode: training or inference.
        who: plain, expert or layerzoo.
        batch: samples of a batch.
        threads: number of threads.

    Attributes:
        memory: peak memory so far, MiB.
    """

    def __init__(self, name: str, mode: str, who: str, batch: int, threads: int) -> None:
        command = [sys.executable, "-m", "benchmarks.speed_worker", name, mode, who, str(batch), str(threads)]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
        )
        self.memory = 0.0
        self._by_clock = threads > 1

    def run(self, count: int) -> float:
        """Run iterations; the milliseconds of one."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if not answer:
            raise RuntimeError(f"{self.process.args}: ended with {self.process.wait()}")
        cpu, clock, self.memory = map(float, answer)
        return (clock if self._by_clock else cpu) / count * 1000

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def compare(contestants: Mapping[str, Contestant], rounds: int, seconds: float) -> dict[str, Any]:
    """Alternate blocks of iterations; ratios of their times to that of ``plain``."""
    for each in contestants.values():
        each.run(3)
    block = max(1, int(seconds * 1000 / contestants["plain"].run(2)))
    took: dict[str, list[float]] = {who: [] for who in contestants}
    for turn in range(rounds):
        for who in list(contestants) if turn % 2 else reversed(list(contestants)):
            took[who].append(contestants[who].run(block))
    figures: dict[str, Any] = {}
    for who, times in took.items():
        ratios = sorted(plain / own for plain, own in zip(took["plain"], times, strict=True))
        figures[who] = {
            "ms": round(statistics.median(times), 3),
            "ratio": round(statistics.median(ratios), 3),
            "quartiles": [round(ratios[len(ratios) // 4], 3), round(ratios[3 * len(ratios) // 4], 3)],
            "peak MiB": round(contestants[who].memory),
        }
    return figures


def main() -> None:
    """Measure, print the figures, and write them to the file of ``-json``."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("-nets", default=",".join(BATCHES))
    parser.add_argument("-mode", choices=("training", "inference"), default="training")
    parser.add_argument("-contestants", default="plain,expert,layerzoo", help="plain first")
    parser.add_argument("-rounds", type=int, default=9)
    parser.add_argument("-seconds", type=float, default=0.3, help="of a block of the plain script")
    parser.add_argument("-threads", type=int, default=1)
    parser.add_argument("-batch", type=int)
    parser.add_argument("-json")
    arguments = parser.parse_args()
    figures: dict[str, Any] = {}
    for name in arguments.nets.split(","):
        batch = arguments.batch or BATCHES[name]
        contestants = {
            who: Contestant(name, arguments.mode, who, batch, arguments.threads)
            for who in arguments.contestants.split(",")
        }
        try:
            figures[f"{name} b{batch}"] = compare(contestants, arguments.rounds, arguments.seconds)
        finally:
            for each in contestants.values():
                each.close()
        print(name, json.dumps(figures[f"{name} b{batch}"]), flush=True)
    facts = {
        "device": f"CPU, {arguments.threads} thread(s) of {os.cpu_count()}",
        "torch": version("torch"),
        "command": "python -m benchmarks.speed " + " ".join(sys.argv[1:]),
        "mode": arguments.mode,
        "figures": figures,
    }
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()
