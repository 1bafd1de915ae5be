"""Compare training on a GPU with the same nets hand-written in torch, plain and tuned by an expert.

    python -m benchmarks.gpu [-nets lenet,resnet50] [-contestants expert,graph] [-precision fp32|tf32|bf16]
                             [-batch N] [-rounds 7] [-autotune] [-json FILE]

Contestants: ``plain`` and ``expert`` (channels-last, a fused optimiser, autocast with ``-precision bf16``) of
`benchmarks.peers`, ``expert-compiled`` (the same through torch.compile), ``eager``, ``graph`` and ``compile``
(Layerzoo with that engine), each also with ``-nchw`` or ``-last`` at its end for a layout; ``digits`` is
Layerzoo with ``engine: GRAPH`` on LeNet's own data, cached on the GPU. They take turns, each for a block of
iterations after which the clock waits for the GPU. The figure is the first contestant's time over another's:
above 1 the other is faster; median and quartiles over the rounds. ``-autotune`` lets cuDNN try its
algorithms (``torch.backends.cudnn.benchmark``) for all contestants; without it, its heuristics choose. Memory
is the peak of torch's allocator while the contestant is set up and runs its first block, less what the others
hold.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from benchmarks.peers import scripts
from benchmarks.peers.cases import CASES, CONFIGS, Case
from benchmarks.speed_worker import our_training
from layerzoo.loader import load_solver
from layerzoo.schema import EngineParameter, Precision
from layerzoo.solver import Solver

BATCHES: Final = {
    "lenet": 64,
    "mlp": 128,
    "cifar10_quick": 100,
    "lstm": 32,
    "alexnet": 256,
    "googlenet": 128,
    "resnet50": 256,
    "mobilenet_v1": 128,
}
"""Samples of a batch of each net."""
ENGINES: Final = {
    "eager": EngineParameter.EAGER,
    "graph": EngineParameter.GRAPH,
    "compile": EngineParameter.COMPILE,
}
LAYOUTS: Final = {"nchw": EngineParameter.NCHW, "last": EngineParameter.CHANNELS_LAST}

Run = Callable[[int], object]
"""Runs a number of iterations."""


def by_hand(who: str, case: Case, batch: int, precision: str) -> Run:
    """The iterations of a script."""
    net, x, labels = case.net().cuda(), case.inputs(batch).cuda(), case.labels(batch).cuda()
    if who == "plain":
        return scripts.plain_training(net, x, labels)
    compiled: nn.Module = torch.compile(net) if who == "expert-compiled" else net
    run = scripts.expert_training(compiled, x, labels)

    def cast(count: int) -> None:
        with torch.autocast("cuda", torch.bfloat16) if precision == "bf16" else nullcontext():
            run(count)

    return cast


def ours(who: str, case: Case, batch: int, precision: str) -> Run:
    """The iterations of `layerzoo train`, without tests and snapshots."""
    engine, _, layout = who.partition("-")
    wanted = LAYOUTS.get(layout, EngineParameter.AUTO)
    return our_training(case, batch, ENGINES[engine], wanted, Precision.Value(precision.upper()), "cuda")


def digits(precision: str) -> Run:
    """LeNet on the digits that ship, cached on the GPU."""
    changes = [
        "display=0", "snapshot=0", "test_interval=0", "max_iter=1000000000", "engine_param.engine=GRAPH",
        f"snapshot_prefix={tempfile.mkdtemp()}/run", "net.layer[digits].reading_param.cache=DEVICE",
        f"precision={precision.upper()}",
    ]  # fmt: skip
    solver = Solver(load_solver(CONFIGS / "lenet_solver.yaml", tuple(changes)), device="cuda")
    solver.engine.renew_gradients()
    return solver.step


class Contestant:
    """One of those that are compared.

    Args:
        who: see the module.
        name: the net.
        batch: samples of a batch.
        precision: fp32, tf32 or bf16.

    Attributes:
        memory: peak memory of the first iterations, MiB.
    """

    def __init__(self, who: str, name: str, batch: int, precision: str) -> None:
        held = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        begun = time.perf_counter()
        if who.startswith("digits"):
            self._run = digits(precision)
        else:
            build = ours if who.partition("-")[0] in ENGINES else by_hand
            self._run = build(who, CASES[name], batch, precision)
        self.run(20)
        self.memory = (torch.cuda.max_memory_allocated() - held) / 2**20
        self.set_up = time.perf_counter() - begun

    def run(self, count: int) -> float:
        """Run iterations; the milliseconds of one."""
        torch.cuda.synchronize()
        begun = time.perf_counter()
        self._run(count)
        torch.cuda.synchronize()
        return (time.perf_counter() - begun) / count * 1000


def compare(names: list[str], net: str, batch: int, precision: str, rounds: int, seconds: float) -> Any:
    """Alternate blocks of iterations; ratios of the first contestant's time to those of the others."""
    contestants = {}
    for who in names:
        try:
            contestants[who] = Contestant(who, net, batch, precision)
        except Exception as error:  # the others are still worth measuring
            print(f"{net} {who}: {type(error).__name__}: {str(error)[:300]}", flush=True)
    blocks = {who: max(8, int(seconds * 1000 / each.run(8)) // 8 * 8) for who, each in contestants.items()}
    took: dict[str, list[float]] = {who: [] for who in contestants}
    for turn in range(rounds):
        for who in list(contestants) if turn % 2 else reversed(list(contestants)):
            took[who].append(contestants[who].run(blocks[who]))
    base, figures = took[next(iter(contestants))], {}
    for who, times in took.items():
        ratios = sorted(first / own for first, own in zip(base, times, strict=True))
        figures[who] = {
            "ms": round(statistics.median(times), 4),
            "iterations/s": round(1000 / statistics.median(times), 1),
            "ratio": round(statistics.median(ratios), 3),
            "quartiles": [round(ratios[len(ratios) // 4], 3), round(ratios[3 * len(ratios) // 4], 3)],
            "peak MiB": round(contestants[who].memory),
            "set up, s": round(contestants[who].set_up, 1),
        }
    return figures


def main() -> None:
    """Measure, print the figures, and write them to the file of ``-json``."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("-nets", default=",".join(BATCHES))
    parser.add_argument("-contestants", default="plain,expert,eager,graph")
    parser.add_argument("-precision", choices=("fp32", "tf32", "bf16"), default="fp32")
    parser.add_argument("-autotune", action="store_true")
    parser.add_argument("-rounds", type=int, default=7)
    parser.add_argument("-seconds", type=float, default=0.3, help="of a block")
    parser.add_argument("-batch", type=int)
    parser.add_argument("-json")
    arguments = parser.parse_args()
    logging.getLogger("layerzoo").propagate = False
    tf32 = arguments.precision == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = arguments.autotune
    figures: dict[str, Any] = {}
    for name in arguments.nets.split(","):
        batch = arguments.batch or BATCHES[name]
        key = f"{name} b{batch} {arguments.precision}"
        names = arguments.contestants.split(",")
        figures[key] = compare(names, name, batch, arguments.precision, arguments.rounds, arguments.seconds)
        for who, figure in figures[key].items():
            print(f"{key:28} {who:16} {json.dumps(figure)}", flush=True)
        torch.cuda.empty_cache()
    facts = {
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "command": "python -m benchmarks.gpu " + " ".join(sys.argv[1:]),
        "figures": figures,
    }
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()
