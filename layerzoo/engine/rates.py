"""The rates of a device, and the work of each layer, to tell how close a layer comes to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

import torch

from layerzoo.graph import Graph, GraphLayer, wanted_below

_FLOAT_BYTES: Final = 4
_SIZES: Final = {"cpu": (512, 1024, 2048), "cuda": (2048, 4096, 8192)}
_COPIED: Final = {"cpu": 1 << 25, "cuda": 1 << 28}
_REPEATS: Final = 5


class Rates(NamedTuple):
    """What a device reaches.

    Attributes:
        matrix: operations per second of a product of square matrices in FP32; a multiply-add is two.
        memory: bytes per second that a copy in memory reads and writes.
    """

    matrix: float
    memory: float


class Work(NamedTuple):
    """What a pass of a layer can't avoid.

    Attributes:
        operations: two for each multiply-add.
        bytes: of its bottoms, tops and params in FP32, each once; in a backward pass of their gradients.
    """

    operations: int
    bytes: int

    def matrix_share(self, seconds: float, rates: Rates) -> float:
        """The share of the matrix rate, from 0 to about 1, if the work takes so long."""
        return self.operations / seconds / rates.matrix

    def memory_share(self, seconds: float, rates: Rates) -> float:
        """The share of the memory rate; above 1 where blobs stay in the processor's cache."""
        return self.bytes / seconds / rates.memory


def measure_rates(device: torch.device) -> Rates:
    """Measure the rates of a device, on the CPU with torch's number of threads; the best of several tries.

    It takes about a second.
    """
    kind = device.type if device.type in _SIZES else "cpu"
    matrix = 0.0
    with torch.no_grad():
        for size in _SIZES[kind]:
            factor = torch.ones(size, size, device=device)
            product = torch.empty_like(factor)
            seconds = _least(lambda a=factor, out=product: torch.mm(a, a, out=out), device)  # type: ignore[misc]
            matrix = max(matrix, 2 * size**3 / seconds)
        source = torch.ones(_COPIED[kind], device=device)
        target = torch.empty_like(source).zero_()
        seconds = _least(lambda: target.copy_(source), device)
    return Rates(matrix, 2 * _FLOAT_BYTES * _COPIED[kind] / seconds)


def forward_work(graph: Graph, layer: GraphLayer) -> Work:
    """The work of a layer's forward pass; no bytes for an input, or if a shape is unknown."""
    return Work(2 * graph.macs(layer), _bytes(graph, layer))


def backward_work(graph: Graph, layer: GraphLayer) -> Work:
    """The work of a layer's backward pass; none if it isn't needed.

    The gradient of the params takes as many multiply-adds as the forward pass, that of the bottoms too. A
    layer without params has a product for each bottom.
    """
    if not layer.needs_backward:
        return Work(0, 0)
    wanted = sum(wanted_below(graph, layer))
    learns = any(graph.params[index].lr_mult != 0 for index in layer.params)
    products = learns + min(wanted, 1) if layer.params else wanted
    return Work(products * 2 * graph.macs(layer), _bytes(graph, layer))


def _bytes(graph: Graph, layer: GraphLayer) -> int:
    blobs = [graph.blobs[index] for index in (*dict.fromkeys(layer.bottoms), *layer.tops)]
    if layer.kind.is_input or any(blob.shape is None for blob in blobs):
        return 0
    params = sum(graph.params[index].count for index in dict.fromkeys(layer.params))
    return _FLOAT_BYTES * (sum(blob.count for blob in blobs) + params)


def _least(work: Callable[[], object], device: torch.device) -> float:
    """The least time of several tries, in seconds, after one to warm up."""
    work()
    times = []
    for _ in range(_REPEATS):
        begun = now(device)
        work()
        times.append(now(device) - begun)
    return min(times)


def now(device: torch.device) -> float:
    """The time in seconds once the device has done all that it was asked for."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
