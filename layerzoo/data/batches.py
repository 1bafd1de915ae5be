"""Batches of a source by number: which samples they hold, and their blobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from layerzoo.data.caching import ImageCache, WholeCache
from layerzoo.data.draws import Ints, StreamKey
from layerzoo.data.order import Order
from layerzoo.data.prefetch import following
from layerzoo.data.sample_store import SampleStore
from layerzoo.data.samples import Array, Samples
from layerzoo.data.selection import balanced_order
from layerzoo.data.skipping import Skipping
from layerzoo.seeds import stable_seed

Tops = tuple[Tensor, ...]


class Reading(NamedTuple):
    """How a data layer reads its samples.

    Attributes:
        batch_size: samples per batch.
        prefetch: batches to read ahead; 0 reads each batch on demand.
        shuffle: whether each epoch is shuffled anew; otherwise the order of the source is kept.
        rand_skip: the first epoch starts at a random one of the first ``rand_skip`` samples; 0 starts at the
            first.
        order: name of the random order; empty for that of the layer's name.
    """

    batch_size: int
    prefetch: int
    shuffle: bool = False
    rand_skip: int = 0
    order: str = ""


class StreamSettings(NamedTuple):
    """The settings that a stream of batches depends on; a change opens a new one.

    Attributes:
        seed: seed of the run.
        whole: whether each pass covers the source once, the last batch partial.
        pin: whether batches are copied to pinned memory.
        rank, ranks: this process and their number.
        balanced: whether each class is read equally often.
        offset: the number of the first sample of batch 0, over all processes; see `DataLayer`.
        apart: whether each process reads a part of the source of its own, in order.
        step: how far apart the batches are that follow each other; a test that is split over N processes
            reads every Nth.
    """

    seed: int
    whole: bool
    pin: bool
    rank: int
    ranks: int
    balanced: bool = False
    offset: int = 0
    apart: bool = False
    step: int = 1


def sample_numbers(batch: int, size: int, settings: StreamSettings) -> Ints:
    """The numbers of the samples of a batch of ``size`` in the endless sequence of all processes."""
    places = np.arange(batch * size, (batch + 1) * size)
    return places * settings.ranks + (settings.rank + _first(settings))


def _first(settings: StreamSettings) -> int:
    """The number of the first sample of batch 0 over all processes."""
    return settings.offset * settings.ranks if settings.apart else settings.offset


def order_of(source: Samples, plan: Reading, name: str, seed: int, balanced: bool) -> Order:
    """The order in which a layer reads the endless sequence of its samples.

    Args:
        source: the samples.
        plan: whether they are shuffled, and where the first epoch begins.
        name: name of the layer, or of the order that it shares with others.
        seed: seed of the run.
        balanced: whether each class is read equally often.
    """
    permute: Callable[[np.random.Generator], Ints] | None = source.permutation if plan.shuffle else None
    if balanced:
        permute = balanced_order(source)
    skip = stable_seed(seed, name, "rand_skip") % plan.rand_skip if plan.rand_skip else 0
    return Order(len(source), permute, seed, name, skip)


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
        self._settings, self._pin = settings, settings.pin
        seed, whole, balanced = settings.seed, settings.whole, settings.balanced
        self.step = settings.step
        self.source = source
        self._size = plan.batch_size
        size = plan.batch_size * settings.ranks
        self._key = StreamKey(stable_seed(seed, name, "samples"), size, first=_first(settings))
        self._begin = self._part * settings.rank
        self._end = len(source) if whole else None
        self._reported: set[int] = set()
        self._order = (
            Order(len(source), None, seed, name)
            if whole
            else order_of(source, plan, plan.order or name, seed, balanced)
        )

    def indices(self, number: int) -> tuple[Ints, Ints]:
        """The indices of the samples of a batch, and their numbers in the endless sequence."""
        numbers = sample_numbers(number, self._size, self._settings)
        if self._end is not None:
            numbers = numbers[: self._end - number * self._size]
        places = numbers // self._settings.ranks + self._begin if self._settings.apart else numbers
        return self._order.indices(places), numbers

    @property
    def _part(self) -> int:
        """Samples of the part that begins at a process's place, whole batches if there is one of them."""
        share = len(self.source) // self._settings.ranks
        return share - share % self._size if share >= self._size else share

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
        return following(self.cycle, self.step, number)

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
