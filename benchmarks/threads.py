"""Compare numbers of CPU threads, and how OpenMP's threads wait, on a quiet and on a busy machine.

    python benchmarks/threads.py [-nets lenet,mlp] [-settings before,passive] [-rounds 5] [-spinners 2]
        [-json FILE]

Each setting trains a net in a process of its own, on generated inputs. The processes take turns: one trains a
block of iterations while the others sleep, in another order in each round. Each net is measured twice: with
nothing beside it (as far as the machine is quiet), then beside processes that spin. A figure is the time of
``before`` over the time of a setting in the same round, so above 1 is faster: the median of the rounds, and
the quartiles; for the wall clock, and for CPU time over all threads.

Settings: ``before`` is torch's default; ``passive`` is OMP_WAIT_POLICY=PASSIVE, ``spin1000`` is
GOMP_SPINCOUNT=1000; ``one`` is a single thread; ``chosen`` is what ``layerzoo train`` does.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
CONFIGS: Final = ROOT / "configs"
NETS: Final[Mapping[str, tuple[str, dict[str, Sequence[int]]]]] = {
    "mlp": ("mlp_train_test.yaml", {"data": (64, 1, 8, 8), "label": (64,)}),
    "lenet": ("lenet_train_test.yaml", {"data": (64, 1, 28, 28), "label": (64,)}),
    "cifar": ("cifar10_quick_train_test.prototxt", {"data": (100, 3, 32, 32), "label": (100,)}),
    "lstm": (
        "char_lstm_train_test.yaml",
        {"data": (32, 8), "cont": (32, 8), "target": (32, 8)},
    ),
    "alexnet": ("alexnet_train_val.prototxt", {"data": (16, 3, 227, 227), "label": (16,)}),
    "googlenet": ("googlenet_train_val.prototxt", {"data": (4, 3, 224, 224), "label": (4,)}),
    "resnet50": ("resnet50_train_val.prototxt", {"data": (8, 3, 224, 224), "label": (8,)}),
}
"""The config of each net, and the shapes of its data."""
SETTINGS: Final[Mapping[str, dict[str, str]]] = {
    "before": {},
    "passive": {"OMP_WAIT_POLICY": "PASSIVE"},
    "spin0": {"GOMP_SPINCOUNT": "0"},
    "spin100": {"GOMP_SPINCOUNT": "100"},
    "spin1000": {"GOMP_SPINCOUNT": "1000"},
    "spin10000": {"GOMP_SPINCOUNT": "10000"},
    "one": {"OMP_NUM_THREADS": "1"},
    "chosen": {},
}
_VARIABLES: Final = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS", "LAYERZOO_THREADS")
_SECONDS_A_BLOCK: Final = 1.0


def train(name: str, setting: str) -> None:
    """Train a net; for each number read from stdin, print seconds and CPU seconds of so many iterations."""
    if setting == "chosen":
        from layerzoo.heap import keep_freed_memory
        from layerzoo.threads import wait_passively

        wait_passively()
        keep_freed_memory()
    import torch

    from layerzoo.loader import load_net
    from layerzoo.schema import SolverParameter
    from layerzoo.solver import Solver

    file, shapes = NETS[name]
    document = load_net(CONFIGS / file)
    sources = [layer for layer in document.message.layer if not layer.bottom]
    for layer in sources:
        document.message.layer.remove(layer)
    generated = document.message.layer.add(name="data", type="DummyData", top=list(shapes))
    for blob, shape in shapes.items():
        generated.dummy_data_param.shape.add(dim=shape)
        generated.dummy_data_param.data_filler.add(
            type="gaussian" if blob == "data" and len(shape) == 4 else "constant"
        )
    document.message.layer.insert(0, document.message.layer.pop())
    param = SolverParameter(net_param=document.message, base_lr=1e-6, lr_policy="fixed", max_iter=10**9)
    solver = Solver(param, device="cpu")
    if setting == "chosen":
        from layerzoo.solver.thread_count import choose_threads

        choose_threads(solver.net.graph, solver.param)
    solver.step(3)
    print(torch.get_num_threads(), flush=True)
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        solver.step(int(line))
        print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)


class Trainer:
    """A process that trains a net with a setting."""

    def __init__(self, name: str, setting: str) -> None:
        environ = {key: value for key, value in os.environ.items() if key not in _VARIABLES}
        environ |= {"PYTHONPATH": str(ROOT), **SETTINGS[setting]}
        command = [sys.executable, __file__, "-train", name, setting]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, env=environ, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )
        self.threads = int(self._line())

    def step(self, iterations: int) -> tuple[float, float]:
        """Train; returns seconds and CPU seconds."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{iterations}\n")
        self.process.stdin.flush()
        wall, cpu = self._line().split()
        return float(wall), float(cpu)

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


@contextmanager
def spinning(count: int) -> Iterator[None]:
    """Keep processors busy during a block."""
    spinners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


def measure(trainers: Mapping[str, Trainer], rounds: int) -> dict[str, Any]:
    """Times of a net with each setting, as ratios."""
    iterations = 3
    while (took := trainers["before"].step(iterations)[0]) < _SECONDS_A_BLOCK / 2 and iterations < 1000:
        iterations *= 2
    iterations = max(3, round(iterations * _SECONDS_A_BLOCK / took))
    times: dict[str, list[tuple[float, float]]] = {setting: [] for setting in trainers}
    order = list(trainers)
    for turn in range(rounds):
        for setting in order[turn % len(order) :] + order[: turn % len(order)]:
            times[setting].append(trainers[setting].step(iterations))
    figures: dict[str, Any] = {}
    for setting, pairs in times.items():
        walls, cpus = (
            sorted(base[i] / pair[i] for base, pair in zip(times["before"], pairs, strict=True))
            for i in (0, 1)
        )
        figures[setting] = {
            "threads": trainers[setting].threads,
            "ms": round(statistics.median(wall for wall, _ in pairs) / iterations * 1000, 2),
            "wall": round(statistics.median(walls), 3),
            "quartiles": [round(walls[len(walls) // 4], 3), round(walls[3 * len(walls) // 4], 3)],
            "cpu": round(statistics.median(cpus), 3),
        }
    return figures


def main() -> None:
    """Measure, print the figures, and write them to the file of ``-json``."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("-nets", default="mlp,lenet,cifar,lstm,alexnet,googlenet,resnet50")
    parser.add_argument("-settings", default="before,passive,spin1000,one,chosen")
    parser.add_argument("-rounds", type=int, default=5)
    parser.add_argument("-spinners", type=int, default=2)
    parser.add_argument("-json", type=Path)
    parser.add_argument("-train", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.train:
        train(*args.train)
        return
    results: dict[str, Any] = {"cpus": os.cpu_count(), "load before": os.getloadavg()[0], "nets": {}}
    for name in args.nets.split(","):
        trainers = {}
        try:
            for setting in args.settings.split(","):
                trainers[setting] = Trainer(name, setting)
            quiet = measure(trainers, args.rounds)
            with spinning(args.spinners):
                busy = measure(trainers, args.rounds)
        finally:
            for trainer in trainers.values():
                trainer.stop()
        results["nets"][name] = {"quiet": quiet, "busy": busy}
        for state, figures in (("quiet", quiet), ("busy", busy)):
            for setting, row in figures.items():
                low, high = row["quartiles"]
                print(
                    f"{name:<10} {state:<6} {setting:<10} {row['threads']:>2} threads {row['ms']:>9.2f} ms",
                    f" wall {row['wall']:>6.2f} ({low:.2f} to {high:.2f})  CPU {row['cpu']:>6.2f}",
                    flush=True,
                )
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
