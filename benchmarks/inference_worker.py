"""Runs one engine of `inference.py`: reads numbers of passes from stdin, answers with CPU time a pass."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Run = Callable[[], Any]


def layerzoo(folder: Path, x: Any, threads: int) -> Run:
    """The net for deployment, as ``layerzoo classify`` runs it."""
    import torch

    from layerzoo.heap import keep_freed_memory
    from layerzoo.net import Net, trust_versions

    keep_freed_memory()
    torch.set_num_threads(threads)
    net = Net(folder / "net.prototxt", "TEST", weights=folder / "net.caffemodel")
    trust_versions(net)
    images = torch.from_numpy(x)

    def run() -> Any:
        with torch.inference_mode():
            return next(iter(net(images).values())).numpy()

    return run


def torch(folder: Path, x: Any, threads: int) -> Run:
    """The same layers one by one in plain eager torch."""
    import torch as library

    from layerzoo.net import Net, Plan
    from layerzoo.net.feed import whole_inputs

    library.set_num_threads(threads)
    net = Net(folder / "net.prototxt", "TEST", weights=folder / "net.caffemodel")
    end = net.graph.outputs[0].index
    plan = Plan(net.graph, net.ordered_layers(), [end])
    feed = net.fetch() | whole_inputs(net.graph, (library.from_numpy(x),), {})

    def run() -> Any:
        with library.no_grad():
            value = net.run(feed, plan)[end]
        assert value is not None
        return value.numpy()

    return run


def onnxruntime(folder: Path, x: Any, threads: int) -> Run:
    """Microsoft's engine."""
    import onnxruntime as library

    options = library.SessionOptions()
    options.intra_op_num_threads = threads
    session = library.InferenceSession(folder / "net.onnx", options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: x})[0]


def openvino(folder: Path, x: Any, threads: int) -> Run:
    """Intel's engine."""
    import openvino as library

    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    net = library.Core().compile_model(str(folder / "net.onnx"), "CPU", settings)
    return lambda: net(x)[0]


def opencv(folder: Path, x: Any, threads: int) -> Run:
    """OpenCV 4, which reads Caffe's files."""
    import cv2

    cv2.setNumThreads(threads)
    net = cv2.dnn.readNetFromCaffe(str(folder / "net.prototxt"), str(folder / "net.caffemodel"))

    def run() -> Any:
        net.setInput(x)
        return net.forward()

    return run


def main() -> None:
    """Load the engine, then answer each line."""
    name, place, threads = sys.argv[1:]
    folder = Path(place)
    images = np.load(folder / "x.npy")
    run: Run = globals()[name](folder, images, int(threads))
    for line in sys.stdin:
        passes = int(line)
        begun = time.process_time()
        for _ in range(passes):
            scores = run()
        seconds = (time.process_time() - begun) / passes
        first = np.asarray(scores).ravel()[:50].astype(float).tolist()
        print(json.dumps({"seconds": seconds, "scores": first}), flush=True)


if __name__ == "__main__":
    main()
