"""Compare inference on a CPU with plain torch, onnxruntime, OpenVINO and OpenCV 4.

    python -m benchmarks.inference [-nets squeezenet,googlenet,mobilenet_v1,resnet50] [-batches 1,16]
                                   [-others PYTHON] [-rounds 7] [-threads 1] [-json FILE]

Each net's config is filled at random, exported to ONNX (OpenVINO, onnxruntime) and as Caffe's files (OpenCV),
and run for the same images; the answers are compared. ``-others`` is the python of an environment of its own
with OpenVINO and OpenCV 4, whose import name OpenCV 5 has too:

    python -m venv others && others/bin/pip install openvino "opencv-python-headless<5"

Every engine runs in a process of its own, one pass at a time in turn; times are CPU time of that process. A
figure is an engine's time over Layerzoo's: above 1 Layerzoo is faster.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

WORKER = Path(__file__).parent / "inference_worker.py"


class Engine:
    """A process that runs one engine, one command a line.

    Args:
        python: the interpreter.
        name: the engine.
        folder: holds the net and its images.
        threads: number of threads.
    """

    def __init__(self, python: str, name: str, folder: Path, threads: int) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}
        command = [python, str(WORKER), name, str(folder), str(threads)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def ask(self, passes: int) -> dict[str, Any]:
        """Run passes; returns CPU seconds of one, and the first scores."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{passes}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args}: ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


def prepare(name: str, batch: int, folder: Path) -> None:
    """Write a net with random params as a config, weights and ONNX, and its images."""
    import numpy as np
    import torch

    from benchmarks.peers.cases import CASES
    from benchmarks.speed_worker import deployable
    from layerzoo.export.onnx import export_onnx
    from layerzoo.loader import emit
    from layerzoo.net import Net

    case = CASES[name]
    message = deployable(case, batch)
    message.layer[0].input_param.shape[0].dim[0] = batch
    net = Net(message, "TEST", seed=1)
    generator = torch.Generator().manual_seed(2)
    for layer in net.ordered_layers():
        for own, blob in zip(layer.own_params, layer.blobs, strict=True):
            if own.name in ("variance", "scale_factor"):
                blob.data.fill_(1)
            elif blob.dim() > 1:
                blob.data.normal_(0, (2 / blob[0].numel()) ** 0.5, generator=generator)
    (folder / "net.prototxt").write_text(emit(message, "prototxt"))
    net.save_weights(folder / "net.caffemodel")
    x = torch.randn(batch, *case.shape, generator=generator)
    np.save(folder / "x.npy", x.numpy())
    export_onnx(net, folder / "net.onnx")


def compare(name: str, batch: int, others: str | None, rounds: int, threads: int) -> dict[str, object]:
    """Alternate the engines on one net."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare(name, batch, folder)
        pythons = {"layerzoo": sys.executable, "torch": sys.executable, "onnxruntime": sys.executable}
        if others:
            pythons |= {"openvino": others, "opencv": others}
        engines = {who: Engine(python, who, folder, threads) for who, python in pythons.items()}
        first = {who: engine.ask(2) for who, engine in engines.items()}
        wanted = first["torch"]["scores"]
        off = {
            who: max(abs(a - b) for a, b in zip(answer["scores"], wanted, strict=True))
            for who, answer in first.items()
            if answer["scores"]
        }
        passes = max(1, int(0.2 / first["layerzoo"]["seconds"]))
        took: dict[str, list[float]] = {who: [] for who in engines}
        for _ in range(rounds):
            for who, engine in engines.items():
                took[who].append(engine.ask(passes)["seconds"] * 1000)
        for engine in engines.values():
            engine.process.kill()
    figures: dict[str, object] = {}
    for who, times in took.items():
        ratios = sorted(a / b for a, b in zip(times, took["layerzoo"], strict=True))
        figures[who] = {
            "ms": round(statistics.median(times), 2),
            "ratio": round(statistics.median(ratios), 3),
            "quartiles": [round(ratios[len(ratios) // 4], 3), round(ratios[3 * len(ratios) // 4], 3)],
            "off": float(f"{off.get(who, 0.0):.2g}"),
        }
    return figures


def main() -> None:
    """Measure, print the figures, and write them to the file of ``-json``."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("-nets", default="squeezenet,googlenet,mobilenet_v1,resnet50")
    parser.add_argument("-batches", default="1,16")
    parser.add_argument("-others", help="the python of an environment with OpenVINO and OpenCV 4")
    parser.add_argument("-rounds", type=int, default=7)
    parser.add_argument("-threads", type=int, default=1)
    parser.add_argument("-json")
    arguments = parser.parse_args()
    figures: dict[str, object] = {}
    for name in arguments.nets.split(","):
        for batch in map(int, arguments.batches.split(",")):
            found = compare(name, batch, arguments.others, arguments.rounds, arguments.threads)
            figures[f"{name} b{batch}"] = found
            print(name, batch, json.dumps(found), flush=True)
    if arguments.json:
        command = "python -m benchmarks.inference " + " ".join(sys.argv[1:])
        facts = {"device": f"CPU, {arguments.threads} thread(s) of {os.cpu_count()}", "command": command}
        Path(arguments.json).write_text(json.dumps(facts | {"figures": figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
