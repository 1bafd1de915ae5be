"""Compare a LeNet training iteration at batch 64 with the same net hand-written in plain eager torch.

    python benchmarks/lenet.py [-device cpu|cuda] [-rounds 40] [-json FILE]

The peer is idiomatic torch: ``nn.Sequential``, ``F.cross_entropy``, ``torch.optim.SGD`` with its defaults,
batches as tensors in memory, default memory format. Both use Caffe's LeNet settings (momentum 0.9, weight
decay 0.0005). The two alternate in one process in blocks of iterations, so that drift of the machine
affects both. The ratio is peer time over Layerzoo's, the median of the rounds: above 1 Layerzoo is faster.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.loader import load_solver
from layerzoo.solver import Solver

BLOCK = 10
CONFIG = Path(__file__).parent.parent / "configs" / "lenet_solver.yaml"


def peer(device: torch.device):
    """A function that runs one iteration of the hand-written net."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10),
    ).to(device)  # fmt: skip
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=0.0005)
    images = torch.rand(1437, 1, 28, 28, device=device)
    labels = torch.randint(0, 10, (1437,), device=device)
    state = {"at": 0}

    def step() -> None:
        at = state["at"]
        state["at"] = (at + 64) % (1437 - 64)
        loss = F.cross_entropy(net(images[at : at + 64]), labels[at : at + 64])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def ours(device: torch.device):
    """Layerzoo's loop as in ``layerzoo train``, without the log."""
    document = load_solver(CONFIG, ("display=0", "snapshot=0", "test_interval=0"))
    solver = Solver(document, device=device)
    return lambda: solver.step(1), solver


def main() -> None:
    """Measure, print the figures, and write them to the file of ``-json``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("-rounds", type=int, default=40)
    parser.add_argument("-json")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    theirs = peer(device)
    _, solver = ours(device)

    def block(step) -> float:
        if device.type == "cuda":
            torch.cuda.synchronize()
        begun = time.perf_counter()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return (time.perf_counter() - begun) / BLOCK * 1000

    def run_theirs() -> None:
        for _ in range(BLOCK):
            theirs()

    def run_ours() -> None:
        solver.step(BLOCK)

    for _ in range(5):
        block(run_theirs), block(run_ours)
    pairs = [(block(run_theirs), block(run_ours)) for _ in range(arguments.rounds)]
    figures = {
        "device": torch.cuda.get_device_name()
        if device.type == "cuda"
        else f"CPU, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "rounds": arguments.rounds,
        "torch_ms": round(statistics.median(p for p, _ in pairs), 3),
        "layerzoo_ms": round(statistics.median(o for _, o in pairs), 3),
        "ratio": round(statistics.median(p / o for p, o in pairs), 3),
        "command": "python benchmarks/lenet.py -device " + arguments.device,
    }
    print(json.dumps(figures, indent=2))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
