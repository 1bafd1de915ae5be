"""Runs one contestant of `speed.py`: reads numbers of iterations from stdin, answers with seconds and memory.

    python -m benchmarks.speed_worker NET MODE CONTESTANT BATCH THREADS

Layerzoo runs with what its command line sets for a process: how threads wait, and how the heap treats freed
memory. The scripts run with torch's defaults, as a person's script does.
"""

from __future__ import annotations

import logging
import resource
import sys
import tempfile
import time
from collections.abc import Callable

from layerzoo.heap import keep_freed_memory
from layerzoo.threads import wait_passively

if __name__ == "__main__" and sys.argv[3] in ("layerzoo", "compiled"):
    wait_passively()  # before torch is imported
    keep_freed_memory()

import torch

from benchmarks.peers import scripts
from benchmarks.peers.cases import CASES, CONFIGS, Case
from layerzoo.loader import load_net, parse_net
from layerzoo.net import Net, trust_versions
from layerzoo.schema import FP32, EngineParameter, NetParameter, Precision, SolverParameter
from layerzoo.solver import Solver
from layerzoo.zoo.deploy import deploy_net

Run = Callable[[int], object]
"""Runs a number of iterations."""


def contestant(name: str, mode: str, who: str, batch: int) -> Run:
    """What runs iterations of one contestant."""
    case = CASES[name]
    if who == "compiled" and mode == "training":
        return our_training(case, batch, EngineParameter.COMPILE)
    if who == "layerzoo":
        return our_training(case, batch) if mode == "training" else our_inference(case, batch)
    x, labels = case.inputs(batch), case.labels(batch)
    match mode, who:
        case "training", "plain":
            return scripts.plain_training(case.net(), x, labels)
        case "training", "expert":
            return scripts.expert_training(case.net(), x, labels)
        case "inference", "plain":
            return scripts.plain_inference(case.net(), x)
        case "inference", "expert":
            return scripts.expert_inference(case.net(), x)
    raise ValueError(f"no {who} for {mode}")


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


def our_training(
    case: Case,
    batch: int,
    engine: EngineParameter.Engine = EngineParameter.DEFAULT,
    layout: EngineParameter.Layout = EngineParameter.AUTO,
    precision: Precision = FP32,
    device: str = "cpu",
) -> Run:
    """One iteration of ``layerzoo train``, without tests and snapshots."""
    folder = tempfile.mkdtemp()
    param = SolverParameter(net_param=config(case, batch), base_lr=0.001, lr_policy="fixed", momentum=0.9)
    param.weight_decay, param.max_iter, param.display = 0.0005, 1 << 30, 0
    param.snapshot_prefix, param.random_seed = f"{folder}/run", 1
    param.engine_param.engine, param.engine_param.layout, param.precision = engine, layout, precision
    solver = Solver(param, device=device)
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


def main(name: str, mode: str, who: str, batch: int, threads: int) -> None:
    """Answer each number of iterations with their CPU seconds, their seconds, and the peak memory in MiB."""
    torch.set_num_threads(threads)
    logging.getLogger("layerzoo").propagate = False
    run = contestant(name, mode, who, batch)
    for line in sys.stdin:
        cpu, begun = time.process_time(), time.perf_counter()
        run(int(line))
        took = time.process_time() - cpu, time.perf_counter() - begun
        print(*took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


if __name__ == "__main__":
    _, net, mode, who, batch, threads = sys.argv
    main(net, mode, who, int(batch), int(threads))
