"""Batches of a source by number: which samples they hold, and where they are read."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from math import ceil
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from layerzoo.data.caching import DeviceCache, ImageCache, WholeCache
from layerzoo.data.draws import Ints, StreamKey
from layerzoo.data.fork_gate import GATE
from layerzoo.data.order import Order
from layerzoo.data.prefetch import Prefetcher
from layerzoo.data.sample_store import SampleStore
from layerzoo.data.samples import Array, Samples
from layerzoo.data.selection import balanced_order
from layerzoo.data.skipping import Skipping
from layerzoo.data.workers import Workers
from layerzoo.seeds import stable_seed

log = logging.getLogger("layerzoo")

Tops = tuple[Tensor, ...]

_MOST_CHOSEN: Final = 8
"""The most processes that are chosen for a layer."""
_MEASURED: Final = 1.0
"""Seconds of training after which the number of processes is chosen."""
_WORTH: Final = 0.1
"""The share of time spent waiting for data above which processes are started."""
_WORTH_PASSING: Final = 0.002
"""Seconds that reading a batch takes at least, for processes to be worth passing it on."""
_SLACK: Final = 1.25
"""How much larger than the first batch another may be, to fit into its place in shared memory."""


class Reading(NamedTuple):
    """How a data layer reads its samples.

    Attributes:
        batch_size: samples per batch.
        prefetch: batches to read ahead; 0 reads each batch on demand.
        shuffle: whether each epoch is shuffled anew; otherwise the order of the source is kept.
        rand_skip: the first epoch starts at a random one of the first ``rand_skip`` samples; 0 starts at the
            first.
    """

    batch_size: int
    prefetch: int
    shuffle: bool = False
    rand_skip: int = 0


class StreamSettings(NamedTuple):
    """The settings that a stream of batches depends on; a change opens a new one.

    Attributes:
        seed: seed of the run.
        whole: whether each pass covers the source once, the last batch partial.
        pin: whether batches are copied to pinned memory.
        rank, ranks: this process and their number.
        balanced: whether each class is read equally often.
    """

    seed: int
    whole: bool
    pin: bool
    rank: int
    ranks: int
    balanced: bool = False


class Batches:
    """Reads batches by number; refers to the source but not to the layer, for use in other threads.

    Args:
        source: the samples.
        plan: batch size and order.
        name: name of the layer.
        settings: see there.
    """

    def __init__(self, source: Samples, plan: Reading, name: str, settings: StreamSettings) -> None:
        self.name = name
        self.cycle = -(-len(source) // plan.batch_size) if settings.whole else None
        seed, whole, self._pin, self._rank, self._ranks, balanced = settings
        self.source = source
        self._size = plan.batch_size
        self._key = StreamKey(stable_seed(seed, name, "samples"), plan.batch_size * self._ranks)
        self._end = len(source) if whole else None
        self._reported: set[int] = set()
        skip = 0
        if plan.rand_skip and not whole:
            skip = stable_seed(seed, name, "rand_skip") % plan.rand_skip
        permute: Callable[[np.random.Generator], Ints] | None = None
        if not whole and (balanced or plan.shuffle):
            permute = balanced_order(source) if balanced else source.permutation
        self._order = Order(len(source), permute, seed, name, skip)

    def indices(self, number: int) -> tuple[Ints, Ints]:
        """The indices of the samples of a batch, and their numbers in the endless sequence."""
        first = number * self._size
        last = first + self._size if self._end is None else min(first + self._size, self._end)
        numbers = np.arange(first, last) * self._ranks + self._rank
        return self._order.indices(numbers), numbers

    def read(self, number: int) -> Sequence[Array]:
        """The arrays of a batch."""
        return self.source.read(*self.indices(number), self._key)

    def get(self, number: int) -> Tops:
        """The blobs of a batch; they use the memory of its arrays."""
        return self._pinned(tuple(torch.from_numpy(array) for array in self.read(number)))

    def copied(self, arrays: Sequence[Array]) -> Tops:
        """The blobs of a batch, with memory of their own."""
        if self._pin:
            return self._pinned(tuple(torch.from_numpy(array) for array in arrays))
        return tuple(torch.from_numpy(array.copy()) for array in arrays)

    def after(self, number: int) -> int:
        """The number of the batch that follows one."""
        return number + 1 if self.cycle is None else (number + 1) % self.cycle

    def enter(self, worker: int) -> None:
        """Prepare for another process: it stores what it keeps in a region of its own."""
        for store in self._stores():
            store.enter(worker)
        skipping = self._skipping()
        if skipping is not None:
            skipping.quiet = True
            self._reported.update(skipping.skipped)

    def share(self, workers: int) -> None:
        """Prepare for that many other processes, before they are forked."""
        for store in self._stores():
            store.share(workers)

    def newly_skipped(self) -> dict[int, str]:
        """The samples that could not be read since the last call, each with the reason."""
        skipping = self._skipping()
        if skipping is None:
            return {}
        fresh = {index: why for index, why in skipping.skipped.items() if index not in self._reported}
        self._reported.update(fresh)
        return fresh

    def add_skipped(self, skipped: dict[int, str]) -> None:
        """Count samples that another process could not read."""
        skipping = self._skipping()
        if skipping is not None:
            skipping.add_skipped(skipped)

    def describe(self, number: int) -> str:
        """A batch in messages."""
        indices, _ = self.indices(number)
        return f"batch {number}, which begins with {self.source.name(int(indices[0]))}"

    def _pinned(self, blobs: Tops) -> Tops:
        # torch keeps pinned memory that is free, so a few blocks go round
        return tuple(blob.pin_memory() for blob in blobs) if self._pin else blobs

    def _layers(self) -> list[Samples]:
        layers: list[Samples] = [self.source]
        while (inner := getattr(layers[-1], "source", None)) is not None:
            layers.append(inner)
        return layers

    def _stores(self) -> list[SampleStore]:
        caches = (each for each in self._layers() if isinstance(each, WholeCache | ImageCache))
        return [cache.store for cache in caches if cache.store is not None]

    def _skipping(self) -> Skipping | None:
        return next((each for each in self._layers() if isinstance(each, Skipping)), None)


class _Reader:
    """Reads batches, in this process or in others; holds no reference to what holds it.

    Attributes:
        seconds: time spent reading in this process.
        count: batches read in this process.
    """

    def __init__(self, batches: Batches, workers: int) -> None:
        self.batches, self.workers = batches, workers
        self.seconds, self.count = 0.0, 0
        self.pool: Workers[Tops] | None = None

    def get(self, number: int) -> Tops:
        if self.pool is not None and self.pool.pids:
            return self.pool.get(number)
        begun, batches = time.perf_counter(), self.batches
        with GATE.reading():
            batch = batches.get(number)
        self.seconds += time.perf_counter() - begun
        self.count += 1
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
            self._ahead = Prefetcher(self._reader.get, max(1, prefetch), batches.cycle)

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
        if waited < _WORTH * elapsed or reader.seconds < _WORTH_PASSING * reader.count:
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
        self._ahead = Prefetcher(reader.get, max(1, self._prefetch), reader.batches.cycle)


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
    return max(1, cores // max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1") or 1)))
