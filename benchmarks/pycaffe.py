"""Compare ``solver.step`` of the Python interface with ``layerzoo train``, on LeNet at batch 64.

    python benchmarks/pycaffe.py [-rounds 30] [-json FILE]

The two alternate in one process in blocks of iterations. The interface is used as in scripts: one iteration
per call, and the loss is read after each. The ratio is train's time over the interface's, the median of the
rounds: above 0.9 the interface costs less than a tenth.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from pathlib import Path

import torch

from layerzoo import pycaffe as caffe
from layerzoo.loader import load_solver
from layerzoo.solver import Solver

BLOCK = 10
CONFIG = Path(__file__).parent.parent / "configs" / "lenet_solver.yaml"


def main() -> None:
    """Measure and print the times and the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-rounds", type=int, default=30)
    parser.add_argument("-json", type=Path)
    args = parser.parse_args()
    quiet = ("display=0", "snapshot=0", "test_interval=0")
    trainer = Solver(load_solver(CONFIG, quiet), device="cpu")
    solver = caffe.get_solver(str(CONFIG))
    for name in ("display", "snapshot", "test_interval"):
        setattr(solver._solver.param, name, 0)

    def pycaffe_step() -> None:
        solver.step(1)
        float(solver.net.blobs["loss"].data)

    ways = {"train": lambda: trainer.step(1), "pycaffe": pycaffe_step}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for index in range(args.rounds + 2):
        for name, step in ways.items():
            begun = time.perf_counter()
            for _ in range(BLOCK):
                step()
            if index >= 2:  # the first two rounds warm up
                seconds[name].append((time.perf_counter() - begun) / BLOCK)
    ratio = statistics.median(a / b for a, b in zip(seconds["train"], seconds["pycaffe"], strict=True))
    medians = {name: round(statistics.median(times) * 1000, 3) for name, times in seconds.items()}
    result = {
        "device": f"CPU, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "rounds": args.rounds,
        "train_ms": medians["train"],
        "pycaffe_ms": medians["pycaffe"],
        "ratio": round(ratio, 3),
        "command": f"python benchmarks/pycaffe.py -rounds {args.rounds}",
    }
    print(f"train {medians['train']} ms, pycaffe {medians['pycaffe']} ms per iteration; ratio {ratio:.3f}")
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
