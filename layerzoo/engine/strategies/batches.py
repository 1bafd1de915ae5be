"""Fetch the batches of passes, and keep those that may be run again."""

from __future__ import annotations

from dataclasses import replace

from layerzoo.net import Feed, Net


class Batches:
    """Fetches the batch of each pass, and keeps those of the last iteration.

    A pass that is repeated, for a diagnosis or by a full-batch rule, then reads no data.

    Args:
        net: the training net.
        keep: number of passes of an iteration.

    Attributes:
        cycle: number of batches after which the first is repeated; all of them are kept. None never repeats.
    """

    def __init__(self, net: Net, keep: int = 1) -> None:
        self.net = net
        self.keep = keep
        self.cycle: int | None = None
        self._kept: dict[tuple[int, int], Feed] = {}

    def feed(self, number: int) -> Feed:
        """The batch of a pass.

        Args:
            number: number of the pass, from 0; determines its random numbers, also for a repeated batch.
        """
        clock = self.net.clock
        place = number if self.cycle is None else number % self.cycle
        key = (clock.seed, place)
        if key not in self._kept:
            if len(self._kept) >= (self.cycle or self.keep):
                self._kept.clear()  # before the next is read, so that no batch is held longer than needed
            self._kept[key] = self.net.fetch(place)
        feed = self._kept[key]
        clock.batch = number
        if place == number:
            return feed
        return replace(feed, batch=number, number=None if feed.number is None else clock.on(self.net.device))

    def forget(self) -> None:
        """Drop all kept batches, after a change of the net's data layers."""
        self._kept.clear()
