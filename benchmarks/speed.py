"""Compare training and inference with the same nets hand-written in torch, plain and tuned by an expert.

    python -m benchmarks.speed [-nets lenet,mlp] [-mode training|inference] [-rounds 9] [-threads 1]
                               [-batch N] [-memory] [-json FILE]

The scripts of `benchmarks.peers` keep their batch in memory. All run in one process and alternate, each for a
block of iterations; times are CPU time of the process over all its threads, which other load on the machine
affects little. A figure is the plain script's time over another's: above 1 the other is faster; median and
quartiles over the rounds. ``-memory`` gives the peak memory of each, in a process of its own, instead.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.peers import scripts
from benchmarks.peers.cases import CASES, CONFIGS, Case
from layerzoo.loader import load_net, parse_net
from layerzoo.net import Net, trust_versions
from layerzoo.schema import NetParameter, SolverParameter
from layerzoo.solver import Solver
from layerzoo.zoo.deploy import deploy_net

Run = Callable[[int], object]
"""Runs a number of iterations."""


def config(case: Case, batch: int) -> NetParameter:
    """The net's message with constant data in batches of a size."""
    text = case.config
    message = parse_net(text).message if "\n" in text else load_net(CONFIGS / text).message
    for layer in message.layer:
        if layer.HasField("dummy_data_param"):
            for shape in layer.dummy_data_param.shape:
                shape.dim[1 if len(case.shape) == 2 else 0] = batch
            for filler in layer.dummy_data_param.data_filler:
                value = filler.value or 0.5
                filler.Clear()
                filler.type, filler.value = "constant", value
        elif layer.HasField("dataset_param"):
            layer.dataset_param.batch_size = batch
    return message


def our_training(case: Case, batch: int) -> Run:
    """One iteration of ``layerzoo train``, without tests and snapshots."""
    folder = tempfile.mkdtemp()
    param = SolverParameter(net_param=config(case, batch), base_lr=0.001, lr_policy="fixed", momentum=0.9)
    param.weight_decay, param.max_iter, param.display = 0.0005, 1 << 30, 0
    param.snapshot_prefix, param.random_seed = f"{folder}/run", 1
    solver = Solver(param, device="cpu")
    solver.engine.renew_gradients()  # as `layerzoo train` does
    if "Dataset" not in {layer.type for layer in param.net_param.layer}:
        data, *_, labels = solver.net.fetch(0).blobs.values()  # the same tensors in each pass
        data.copy_(case.inputs(batch))
        labels.copy_(case.labels(batch).view(labels.shape))
    return solver.step


def our_inference(case: Case, batch: int) -> Run:
    """A pass of the net for deployment, as ``layerzoo classify`` runs it."""
    x = case.inputs(batch)
    net = Net(deployable(case, batch), "TEST")
    given = {net.inputs[0]: x}
    if len(net.inputs) > 1:
        given[net.inputs[1]] = torch.ones(x.shape[:2])
    trust_versions(net)

    def run(count: int) -> None:
        with torch.inference_mode():
            for _ in range(count):
                net(**given)

    return run


def deployable(case: Case, batch: int) -> NetParameter:
    """The net for deployment, without scores and losses."""
    return deploy_net(config(case, batch))


def contestants(case: Case, mode: str, batch: int) -> dict[str, Run]:
    """What is compared: plain, expert, Layerzoo."""
    x, labels = case.inputs(batch), case.labels(batch)
    if mode == "training":
        return {
            "plain": scripts.plain_training(case.net(), x, labels),
            "expert": scripts.expert_training(case.net(), x, labels),
            "layerzoo": our_training(case, batch),
        }
    return {
        "plain": scripts.plain_inference(case.net(), x),
        "expert": scripts.expert_inference(case.net(), x),
        "layerzoo": our_inference(case, batch),
    }


def compare(runs: dict[str, Run], rounds: int, seconds: float) -> dict[str, object]:
    """Alternate blocks of iterations; ratios of CPU time to that of ``plain``."""
    for run in runs.values():
        run(2)
    begun = time.process_time()
    runs["plain"](1)
    block = max(1, int(seconds / max(1e-6, time.process_time() - begun)))
    took: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds):
        for name in list(runs) if turn % 2 else reversed(list(runs)):
            begun = time.process_time()
            runs[name](block)
            took[name].append((time.process_time() - begun) / block * 1000)
    figures: dict[str, object] = {}
    for name, times in took.items():
        ratios = sorted(plain / own for plain, own in zip(took["plain"], times, strict=True))
        quartiles = [round(ratios[len(ratios) // 4], 3), round(ratios[3 * len(ratios) // 4], 3)]
        figures[name] = {
            "ms": round(statistics.median(times), 3),
            "ratio": round(statistics.median(ratios), 3),
            "quartiles": quartiles,
        }
    return figures


def peak_memory(name: str, who: str, mode: str, batch: int) -> float:
    """Peak memory of one contestant in a process of its own, MiB."""
    command = [sys.executable, "-m", "benchmarks.speed", "-nets", name, "-mode", mode, "-only", who]
    command += ["-batch", str(batch)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure, print the figures, and write them to the file of ``-json``."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("-nets", default=",".join(CASES))
    parser.add_argument("-mode", choices=("training", "inference"), default="training")
    parser.add_argument("-rounds", type=int, default=9)
    parser.add_argument("-seconds", type=float, default=0.3, help="CPU time of a block of the plain script")
    parser.add_argument("-threads", type=int, default=1)
    parser.add_argument("-batch", type=int)
    parser.add_argument("-memory", action="store_true")
    parser.add_argument("-only", help=argparse.SUPPRESS)
    parser.add_argument("-json")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    logging.getLogger("layerzoo").propagate = False
    figures: dict[str, object] = {}
    for name in arguments.nets.split(","):
        case = CASES[name]
        batch = arguments.batch or case.batch
        if arguments.only:
            run = contestants(case, arguments.mode, batch)[arguments.only]
            run(4)
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            return
        if arguments.memory:
            mib = {
                who: peak_memory(name, who, arguments.mode, batch) for who in ("plain", "expert", "layerzoo")
            }
            figures[f"{name} b{batch}"] = mib
        else:
            runs = contestants(case, arguments.mode, batch)
            figures[f"{name} b{batch}"] = compare(runs, arguments.rounds, arguments.seconds)
        print(name, json.dumps(figures[f"{name} b{batch}"]), flush=True)
    facts = {
        "device": f"CPU, {arguments.threads} thread(s) of {os.cpu_count()}",
        "torch": torch.__version__,
        "command": "python -m benchmarks.speed " + " ".join(sys.argv[1:]),
        "mode": arguments.mode,
        "figures": figures,
    }
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()
