"""Record what a GPU is given to do, and replay it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

import torch

from layerzoo.engine.capture.inputs import SLOTS

Action = Callable[[], None]


class Recorder(Protocol):
    """The interface of what records and replays; tests have one for the CPU."""

    def filling(self, slot: int) -> AbstractContextManager[object]:
        """A block that fills a buffer of inputs, beside the launch that reads the other one."""

    def filled(self) -> None:
        """The next launch reads what the last block of `filling` wrote."""

    def launched(self, slot: int) -> None:
        """A launch that reads a buffer of inputs has been made."""

    def wait(self) -> None:
        """Wait for the device."""

    def warm_up(self, action: Action) -> None:
        """Run an action as it will be recorded, so that libraries choose kernels and memory is laid out."""

    def record(self, action: Action) -> Action:
        """Record an action without running it; returns what replays it.

        Raises:
            RuntimeError: it can't be recorded.
        """


class CUDARecorder:
    """Records CUDA graphs.

    The graphs share one pool of memory, as only one runs at a time.

    Args:
        device: the GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._beside = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # torch's
        self._warming = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # torch's
        self._pool = torch.cuda.graph_pool_handle()
        self._read = [
            torch.cuda.Event()  # type: ignore[no-untyped-call]
            for _ in range(SLOTS)
        ]

    def filling(self, slot: int) -> AbstractContextManager[object]:
        """A block on a stream of its own.

        It waits for the launch before last, which read this buffer; the last may still run.
        """
        self._read[slot].synchronize()
        return torch.cuda.stream(self._beside)

    def filled(self) -> None:
        """Let the current stream wait for what was filled."""
        torch.cuda.current_stream(self._device).wait_stream(self._beside)

    def launched(self, slot: int) -> None:
        """Note the end of the launch on the device."""
        self._read[slot].record(torch.cuda.current_stream(self._device))

    def wait(self) -> None:
        """Wait for the device."""
        torch.cuda.synchronize(self._device)

    def warm_up(self, action: Action) -> None:
        """Run an action on a stream other than the default one, as torch asks for before a recording."""
        current = torch.cuda.current_stream(self._device)
        self._warming.wait_stream(current)
        with torch.cuda.stream(self._warming):
            action()
        current.wait_stream(self._warming)

    def record(self, action: Action) -> Action:
        """Record a CUDA graph."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            action()
        replay: Action = graph.replay
        return replay
