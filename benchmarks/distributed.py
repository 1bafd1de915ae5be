"""Compare an iteration in two processes with plain DistributedDataParallel, on the CPU over gloo.

    python benchmarks/distributed.py [-nets lenet,alexnet] [-rounds 20] [-json FILE]
    python benchmarks/distributed.py -fit [-nets lenet,resnet18] [-rounds 20] [-json FILE]

Three ways to train the same net, in the same two processes, one thread each:

* plain: a hand-written torch module under DistributedDataParallel and ``torch.optim.SGD``.
* overlapped: ``solver.step`` with the default settings.
* after: ``solver.step`` with ``layer_wise_reduce: false``.

They alternate in blocks of iterations, in a different order each round. The time of an iteration is the
wall time between two barriers, the median of the rounds; a ratio is plain's time over the other's in the
same round, the median of the rounds. Data is constant, so that no data layer is measured. AlexNet has no
LRN and no dropout, whose costs depend on the implementation: 61 million params, 244 MB of gradients.

With ``-fit`` a link (latency and bandwidth) is fitted to all-reduces of several sizes, and the model of
``layerzoo time -gpus`` predicts an iteration of the two processes, for shipped nets. Three ways alternate:

* single: one process trains for itself, the other one waits.
* apart: both train at the same time, each for itself.
* together: both train one net.

The ratio single over together is the efficiency of weak scaling; apart over together leaves out what the
processes cost each other by sharing memory and cores. Ratios of CPU time, all threads of a process, are told
too: other load on the machine changes them little, but they leave out what a process waits for. Layers are
timed one by one while both processes do so, and scaled to apart's iteration. The prediction is made twice:
with all-reduces beside the backward pass, and with all-reduces that take their time from it, since two
processes leave no core of two free for them.
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
from torch import distributed as dist
from torch import nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from layerzoo.engine.rates import measure_rates
from layerzoo.engine.timing import time_net
from layerzoo.loader import load_net, parse_solver
from layerzoo.ranks import Ranks
from layerzoo.scaling import Cluster, LayerCost, Link, predict
from layerzoo.scaling.costs import measured_costs, update_time
from layerzoo.scaling.fit import Fit, fit_link
from layerzoo.schema import LayerParameter, NetParameter, SolverParameter
from layerzoo.solver import Solver

PROCESSES = 2
BLOCKS = {"lenet": 20, "alexnet": 2}
"""Iterations in a block, by net."""
SHAPES = {"lenet": (64, 1, 28, 28), "alexnet": (4, 3, 227, 227)}
CONFIGS = Path(__file__).parents[1] / "configs"
SHIPPED = {
    "lenet": ("lenet_train_test.prototxt", (64, 1, 28, 28), 10),
    "cifar10_quick": ("cifar10_quick_train_test.prototxt", (100, 3, 32, 32), 4),
    "alexnet": ("alexnet_train_val.prototxt", (8, 3, 227, 227), 1),
    "squeezenet": ("squeezenet_train_val.prototxt", (8, 3, 227, 227), 1),
    "resnet18": ("resnet18_train_val.prototxt", (8, 3, 224, 224), 1),
    "resnet50": ("resnet50_train_val.prototxt", (4, 3, 224, 224), 1),
}
"""Config, shape of a batch, and iterations in a block, of the nets of ``-fit``."""
SIZES = [4, 1 << 12, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 25 << 20, 100 << 20]
"""Bytes of the all-reduces that a link is fitted to."""
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


def shipped(name: str) -> NetParameter:
    """The message of a shipped net, with constant data."""
    file, shape, _ = SHIPPED[name]
    message = load_net(CONFIGS / file).message
    first = next(layer for layer in message.layer if not layer.bottom)
    data = LayerParameter(name="constant", type="DummyData", top=first.top)
    for dims in (shape, shape[:1]):
        data.dummy_data_param.shape.add().dim.extend(dims)
        data.dummy_data_param.data_filler.add(type="constant", value=1)
    layers = [data, *(layer for layer in message.layer if layer.bottom)]
    del message.layer[:]
    message.layer.extend(layers)
    return message


def solver_of(name: str, ranks: Ranks) -> Solver:
    """A solver of a shipped net, as ``layerzoo train`` has it, without tests and snapshots."""
    param = SolverParameter(net_param=shipped(name), base_lr=0.001, lr_policy="fixed", momentum=0.9)
    param.weight_decay, param.max_iter, param.random_seed = 0.0005, 1 << 30, 1
    solver = Solver(param, ranks=ranks)
    solver.engine.renew_gradients()
    data, labels = solver.net.fetch(0).blobs.values()  # the same tensors in each pass
    generator = torch.Generator().manual_seed(ranks.rank)
    data.copy_(torch.rand(data.shape, generator=generator))
    labels.copy_(torch.randint(10, labels.shape, generator=generator))
    return solver


def fitted(ranks: Ranks, rounds: int) -> tuple[Fit, dict[int, float]]:
    """The link between the processes, and the seconds of an all-reduce of each size."""
    taken: dict[int, list[float]] = {size: [] for size in SIZES}
    tensors = {size: torch.zeros(size // 4) for size in SIZES}
    for _ in range(rounds + 1):
        for size, tensor in tensors.items():
            ranks.barrier()
            begun = time.perf_counter()
            dist.all_reduce(tensor)
            taken[size].append(time.perf_counter() - begun)
    medians = {size: statistics.median(times[1:]) for size, times in taken.items()}
    return fit_link(list(medians.items()), ranks.count), medians


def costs_of(solver: Solver, seconds: float, memory: float) -> tuple[list[LayerCost], float]:
    """The costs of a net's layers, scaled to an iteration that takes ``seconds``; those of the update."""
    graph = solver.net.graph
    costs, update = measured_costs(graph, time_net(solver.net, 2)), update_time(graph, memory)
    scale = max(0.0, seconds - update) / sum(cost.forward + cost.backward for cost in costs)
    scaled = [cost._replace(forward=scale * cost.forward, backward=scale * cost.backward) for cost in costs]
    return scaled, update


def compare(name: str, ranks: Ranks, rounds: int, link: Link, memory: float) -> dict[str, object]:
    """Time the three ways of ``-fit`` for a net, and compare them with the model."""
    block = SHIPPED[name][2]
    alone, joint = solver_of(name, Ranks()), solver_of(name, ranks)
    ways: dict[str, Callable[[int], None]] = {
        "single": lambda count: alone.step(count) if ranks.is_main else None,
        "apart": alone.step,
        "together": joint.step,
    }
    taken: dict[str, list[float]] = {way: [] for way in ways}
    used: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(-1, rounds):  # one round to warm up
        order = list(ways)[turn % 3 :] + list(ways)[: turn % 3]
        for way in order if turn % 2 else reversed(order):
            ranks.barrier()
            begun, cpu = time.perf_counter(), time.process_time()
            ways[way](block)
            ranks.barrier()
            if turn >= 0:
                taken[way].append((time.perf_counter() - begun) / block)
                used[way].append((time.process_time() - cpu) / block)
    medians = {way: statistics.median(times) for way, times in taken.items()}
    costs, update = costs_of(alone, medians["apart"], memory)
    batch_size = SHIPPED[name][1][0]
    pair = Cluster(ranks.count, 1, link)
    guesses = {
        "beside": predict(costs, pair, batch_size, update),
        "instead": predict(costs, pair, batch_size, update, overlapped=False),
    }
    return {
        "batch": batch_size,
        "gradients_mb": round(sum(sum(cost.gradients) for cost in costs) / 1e6, 2),
        "buckets": guesses["beside"].buckets,
        **{f"{way}_ms": round(1000 * seconds, 2) for way, seconds in medians.items()},
        **{
            f"{way}_over_together{what}": round(
                statistics.median(map(float.__truediv__, times[way], times["together"])), 3
            )
            for what, times in (("", taken), ("_cpu", used))
            for way in ("single", "apart")
        },
        **{f"predicted_{how}_ms": round(1000 * guess.seconds, 2) for how, guess in guesses.items()},
        **{
            f"error_{how}": round(guess.seconds / medians["together"] - 1, 3)
            for how, guess in guesses.items()
        },
    }


def fit(names: list[str], rounds: int) -> dict[str, object]:
    """Fit a link, and compare the model with each net; called in every process."""
    ranks = Ranks.from_environment()
    found, times = fitted(ranks, rounds)
    latency, inverse = ranks.from_main((found.link.latency, 1 / found.link.bandwidth))
    link = Link(latency, 1 / inverse if inverse else float("inf"))
    memory = measure_rates(torch.device("cpu")).memory
    return {
        "link": {
            "latency_us": round(link.latency * 1e6, 1),
            "bandwidth_gb_per_second": round(link.bandwidth / 1e9, 3),
            "relative_error": round(found.error, 3),
            "all_reduce_ms": {str(size): round(1000 * taken, 3) for size, taken in times.items()},
        },
        **{name: compare(name, ranks, rounds, link, memory) for name in names},
    }


def main() -> None:
    """Start the processes, print the figures, and write them to the file of ``-json``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-nets")
    parser.add_argument("-rounds", type=int, default=20)
    parser.add_argument("-fit", action="store_true")
    parser.add_argument("-json")
    arguments = parser.parse_args()
    arguments.nets = arguments.nets or (",".join(SHIPPED) if arguments.fit else "lenet,alexnet")
    torch.set_num_threads(1)
    logging.getLogger("layerzoo").setLevel("ERROR")
    if "RANK" in os.environ:
        figures = (fit if arguments.fit else measure)(arguments.nets.split(","), arguments.rounds)
        if os.environ["RANK"] == "0":
            Path("figures.json").write_text(json.dumps(figures))
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    args = [sys.executable, str(Path(__file__).resolve()), "-nets", arguments.nets]
    args += ["-rounds", str(arguments.rounds), *(["-fit"] if arguments.fit else [])]
    load = os.getloadavg()[0]
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
        "load": f"{load:.1f} before, {os.getloadavg()[0]:.1f} at the end, {PROCESSES} of it these processes",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "rounds": arguments.rounds,
        "nets": nets,
        "command": f"python benchmarks/distributed.py{' -fit' * arguments.fit} -nets {arguments.nets} "
        f"-rounds {arguments.rounds}",
    }
    print(json.dumps(figures, indent=2))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
