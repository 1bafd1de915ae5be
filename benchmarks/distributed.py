"""Compare an iteration in two processes with plain DistributedDataParallel, on the CPU over gloo.

    python benchmarks/distributed.py [-nets lenet,alexnet] [-rounds 10] [-json FILE]

Three ways to train the same net, in the same two processes, one thread each:

* plain: a hand-written torch module under DistributedDataParallel and ``torch.optim.SGD``.
* overlapped: ``solver.step`` with the default settings.
* after: ``solver.step`` with ``layer_wise_reduce: false``.

They alternate in blocks of iterations, in a different order each round. The time of an iteration is the
wall time between two barriers, the median of the rounds; a ratio is plain's time over the other's in the
same round, the median of the rounds. Data is constant, so that no data layer is measured. AlexNet has no
LRN and no dropout, whose costs depend on the implementation: 61 million params, 244 MB of gradients.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from layerzoo.loader import parse_solver
from layerzoo.ranks import Ranks
from layerzoo.solver import Solver

PROCESSES = 2
BLOCKS = {"lenet": 20, "alexnet": 2}
"""Iterations in a block, by net."""
SHAPES = {"lenet": (64, 1, 28, 28), "alexnet": (4, 3, 227, 227)}
SOLVER = (
    'solver_mode: CPU base_lr: 0.001 lr_policy: "fixed" momentum: 0.9 weight_decay: 0.0005 random_seed: 1'
)


def convolution(name: str, bottom: str, outputs: int, kernel: int, more: str = "") -> str:
    """The text of a convolution layer."""
    return (
        f'layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" convolution_param {{ '
        f'num_output: {outputs} kernel_size: {kernel} {more} weight_filler {{ type: "xavier" }} }} }}\n'
    )


def pooling(name: str, bottom: str, kernel: int) -> str:
    """The text of a pooling layer with a stride of 2."""
    param = f"pooling_param {{ kernel_size: {kernel} stride: 2 }}"
    return f'layer {{ name: "{name}" type: "Pooling" bottom: "{bottom}" top: "{name}" {param} }}\n'


def product(name: str, bottom: str, outputs: int) -> str:
    """The text of a fully connected layer."""
    param = f'inner_product_param {{ num_output: {outputs} weight_filler {{ type: "xavier" }} }}'
    return f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}" {param} }}\n'


def relu(blob: str) -> str:
    """The text of an in-place ReLU layer."""
    return f'layer {{ name: "{blob}_relu" type: "ReLU" bottom: "{blob}" top: "{blob}" }}\n'


def config(name: str) -> str:
    """The config of a net."""
    dims = " ".join(f"dim: {size}" for size in SHAPES[name])
    data = (
        'layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param { '
        f"shape {{ {dims} }} shape {{ dim: {SHAPES[name][0]} }} data_filler {{ value: 0.1 }} "
        "data_filler { value: 1 } } }\n"
    )
    if name == "lenet":
        body = convolution("conv1", "data", 20, 5) + pooling("pool1", "conv1", 2)
        body += convolution("conv2", "pool1", 50, 5) + pooling("pool2", "conv2", 2)
        body += product("ip1", "pool2", 500) + relu("ip1") + product("scores", "ip1", 10)
    else:
        body = (
            convolution("conv1", "data", 96, 11, "stride: 4") + relu("conv1") + pooling("pool1", "conv1", 3)
        )
        body += convolution("conv2", "pool1", 256, 5, "pad: 2 group: 2") + relu("conv2")
        body += pooling("pool2", "conv2", 3) + convolution("conv3", "pool2", 384, 3, "pad: 1") + relu("conv3")
        body += convolution("conv4", "conv3", 384, 3, "pad: 1 group: 2") + relu("conv4")
        body += convolution("conv5", "conv4", 256, 3, "pad: 1 group: 2") + relu("conv5")
        body += pooling("pool5", "conv5", 3) + product("fc6", "pool5", 4096) + relu("fc6")
        body += product("fc7", "fc6", 4096) + relu("fc7") + product("scores", "fc7", 1000)
    loss = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "scores" bottom: "label" top: "loss" }\n'
    return f'name: "{name}"\n{data}{body}{loss}'


def module(name: str) -> nn.Module:
    """The same net written in torch."""
    if name == "lenet":
        return nn.Sequential(
            *(nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.Flatten()),
            *(nn.Linear(800, 500), nn.ReLU(inplace=True), nn.Linear(500, 10)),
        )
    act = nn.ReLU(inplace=True)
    return nn.Sequential(
        *(nn.Conv2d(3, 96, 11, 4), act, nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(96, 256, 5, padding=2, groups=2), act, nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(256, 384, 3, padding=1), act, nn.Conv2d(384, 384, 3, padding=1, groups=2), act),
        *(nn.Conv2d(384, 256, 3, padding=1, groups=2), act, nn.MaxPool2d(3, 2), nn.Flatten()),
        *(nn.Linear(9216, 4096), act, nn.Linear(4096, 4096), act, nn.Linear(4096, 1000)),
    )


def plain(name: str) -> Callable[[int], None]:
    """A function that runs a number of iterations with plain DistributedDataParallel."""
    torch.manual_seed(1)
    net = DistributedDataParallel(module(name), gradient_as_bucket_view=True)
    rule = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9, weight_decay=0.0005)
    data, label = torch.full(SHAPES[name], 0.1), torch.ones(SHAPES[name][0], dtype=torch.long)

    def run(iterations: int) -> None:
        for _ in range(iterations):
            rule.zero_grad()
            F.cross_entropy(net(data), label).backward()
            rule.step()

    return run


def layerzoo(name: str, ranks: Ranks, overlapped: bool) -> Callable[[int], None]:
    """A function that runs a number of iterations with a solver."""
    text = f"{SOLVER} layer_wise_reduce: {str(overlapped).lower()} net_param {{ {config(name)} }}"
    return Solver(parse_solver(text), ranks=ranks).step


def measure(names: list[str], rounds: int) -> dict[str, object]:
    """Time the three ways for each net; called in every process."""
    ranks = Ranks.from_environment()
    figures: dict[str, object] = {}
    for name in names:
        ways = {
            "plain": plain(name),
            "overlapped": layerzoo(name, ranks, True),
            "after": layerzoo(name, ranks, False),
        }
        for run in ways.values():
            run(3)
        taken: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(rounds):
            order = list(ways)[turn % 3 :] + list(ways)[: turn % 3]
            for way in order if turn % 2 else reversed(order):
                ranks.barrier()
                begun = time.perf_counter()
                ways[way](BLOCKS[name])
                ranks.barrier()
                taken[way].append((time.perf_counter() - begun) / BLOCKS[name] * 1000)
        figures[name] = {
            "batch": SHAPES[name][0],
            "params": sum(param.numel() for param in module(name).parameters()),
            **{f"{way}_ms": round(statistics.median(times), 2) for way, times in taken.items()},
            **{
                f"{way}_ratio": round(statistics.median(map(float.__truediv__, taken["plain"], times)), 3)
                for way, times in taken.items()
                if way != "plain"
            },
        }
    return figures


def main() -> None:
    """Start the processes, print the figures, and write them to the file of ``-json``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-nets", default="lenet,alexnet")
    parser.add_argument("-rounds", type=int, default=10)
    parser.add_argument("-json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("layerzoo").setLevel("ERROR")
    if "RANK" in os.environ:
        figures = measure(arguments.nets.split(","), arguments.rounds)
        if os.environ["RANK"] == "0":
            Path("figures.json").write_text(json.dumps(figures))
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    args = [sys.executable, str(Path(__file__).resolve()), "-nets", arguments.nets]
    args += ["-rounds", str(arguments.rounds)]
    with tempfile.TemporaryDirectory() as folder:
        started = [
            subprocess.Popen(
                args,
                cwd=folder,
                env={**os.environ, **address, "WORLD_SIZE": str(PROCESSES), "RANK": str(rank)},
            )
            for rank in range(PROCESSES)
        ]
        if any(process.wait() for process in started):
            raise SystemExit("a process failed")
        nets = json.loads((Path(folder) / "figures.json").read_text())
    figures = {
        "device": f"CPU, {PROCESSES} processes of 1 thread, {os.cpu_count()} cores, gloo",
        "load": f"{os.getloadavg()[0]:.1f} at the end, of which {PROCESSES} are these processes",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "rounds": arguments.rounds,
        "nets": nets,
        "command": f"python benchmarks/distributed.py -nets {arguments.nets} -rounds {arguments.rounds}",
    }
    print(json.dumps(figures, indent=2))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
