"""Streams of batches: where they are read, in this process or others, and how far ahead."""

from __future__ import annotations

import logging
import os
import time
from math import ceil
from typing import Final

import torch

from layerzoo.data.batches import Batches, Tops
from layerzoo.data.caching import DeviceCache
from layerzoo.data.fork_gate import GATE
from layerzoo.data.prefetch import Prefetcher
from layerzoo.data.workers import Workers
from layerzoo.threads import processes_here

log = logging.getLogger("layerzoo")

_MOST_CHOSEN: Final = 8
"""The most processes that are chosen for a layer."""
_MEASURED: Final = 1.0
"""Seconds of training after which the number of processes is chosen."""
_WORTH: Final = 0.1
"""The share of time spent waiting for data above which processes are started."""
_WORTH_PASSING: Final = 0.002
"""Seconds that reading a batch takes at least, for processes to be worth passing it on."""
_WORTH_PASSING_A_BYTE: Final = 1e-9
"""As above, for each byte of a batch: it is copied twice, once by the process that waits for it."""
_SLACK: Final = 1.25
"""How much larger than the first batch another may be, to fit into its place in shared memory."""


class _Reader:
    """Reads batches, in this process or in others; holds no reference to what holds it.

    Attributes:
        seconds: time spent reading in this process.
        count: batches read in this process.
        size: bytes of the last of them.
    """

    def __init__(self, batches: Batches, workers: int) -> None:
        self.batches, self.workers = batches, workers
        self.seconds, self.count, self.size = 0.0, 0, 0
        self.pool: Workers[Tops] | None = None

    def get(self, number: int) -> Tops:
        if self.pool is not None and self.pool.pids:
            return self.pool.get(number)
        begun, batches = time.perf_counter(), self.batches
        with GATE.reading():
            batch = batches.get(number)
        self.seconds += time.perf_counter() - begun
        self.count += 1
        self.size = sum(blob.nbytes for blob in batch)
        if self.workers:  # the first batch shows how large one is
            size = int(sum(blob.nbytes + 64 for blob in batch) * _SLACK)
            with GATE.forking():
                batches.share(self.workers)
                self.pool = Workers(batches, self.workers, size, batches.copied, batches.after, batches.name)
        return batch

    def close(self) -> None:
        if self.pool is not None:
            self.pool.close()
        self.pool = None


class Stream:
    """Batches that are ready before they are asked for: read in a thread, or in processes.

    Args:
        batches: reads a batch.
        prefetch: batches that are read ahead; 0 reads each when it is asked for.
        workers: number of processes; 0 reads in this process.
        may_choose: start processes later, if the net waits for its data; the batches are the same.

    Attributes:
        waited: seconds that `get` has taken.
    """

    def __init__(self, batches: Batches, prefetch: int, workers: int, may_choose: bool) -> None:
        self.waited = 0.0
        self._prefetch, self._may_choose = prefetch, may_choose
        self._begun = self._before = 0.0
        self._reader = _Reader(batches, workers)
        self._ahead: Prefetcher[Tops] | None = None
        if prefetch or workers:
            self._ahead = Prefetcher(self._reader.get, max(1, prefetch), batches.cycle, batches.step)

    @property
    def pids(self) -> list[int]:
        """The ids of the processes that read."""
        return [] if self._reader.pool is None else self._reader.pool.pids

    def get(self, number: int) -> Tops:
        """The blobs of a batch."""
        begun = time.perf_counter()
        batch = self._reader.get(number) if self._ahead is None else self._ahead.get(number)
        now = time.perf_counter()
        self.waited += now - begun
        if self._may_choose:
            self._choose(now)
        return batch

    def close(self) -> None:
        """End the thread and the processes; the source stays open."""
        if self._ahead is not None:
            self._ahead.close()
        self._reader.close()

    def _choose(self, now: float) -> None:
        """Start processes if reading is what the net waits for, and takes longer than passing batches on."""
        if not self._begun:
            self._begun, self._before = now, self.waited
            return
        elapsed, waited = now - self._begun, self.waited - self._before
        if elapsed < _MEASURED:
            return
        self._may_choose, reader = False, self._reader
        worth_passing = max(_WORTH_PASSING, reader.size * _WORTH_PASSING_A_BYTE)
        if waited < _WORTH * elapsed or reader.seconds < worth_passing * reader.count:
            return
        count = min(_cores(), _MOST_CHOSEN, ceil(reader.seconds / max(elapsed - waited, 1e-9)))
        if count < 2:
            return
        share = 100 * waited / elapsed
        name = reader.batches.name
        log.info(
            "Layer '%s': the net waits for it %.0f%% of the time; %d processes read now", name, share, count
        )
        if self._ahead is not None:
            self._ahead.close()
        reader.workers = count
        self._ahead = Prefetcher(
            reader.get, max(1, self._prefetch), reader.batches.cycle, reader.batches.step
        )


class DeviceStream:
    """Batches of samples that are all on the device.

    Args:
        batches: the batches.
        device: the device.

    Attributes:
        waited: seconds that the samples took to get there.
    """

    def __init__(self, batches: Batches, device: torch.device) -> None:
        begun = time.perf_counter()
        self._batches, self._cache = batches, DeviceCache(batches.source, device)
        self.waited = time.perf_counter() - begun

    def get(self, number: int) -> Tops:
        """The blobs of a batch."""
        return self._cache.read(self._batches.indices(number)[0])

    def close(self) -> None:
        """Free the samples."""


def _cores() -> int:
    """Processor cores for each of the processes that train on this machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // processes_here())
