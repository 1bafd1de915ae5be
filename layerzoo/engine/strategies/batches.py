"""The batches of a net's passes, kept for as long as they may be run again."""

from __future__ import annotations

from dataclasses import replace

from layerzoo.net import Feed, Net


class Batches:
    """Fetches the batch of each pass, and keeps those of the last iteration.

    A pass that is run again, to find where it failed or by a full-batch rule, then reads no data.

    Args:
        net: the training net.
        keep: number of passes of an iteration.

    Attributes:
        cycle: number of batches after which the first one comes again; None reads on. All of them are kept.
    """

    def __init__(self, net: Net, keep: int = 1) -> None:
        self.net = net
        self.keep = keep
        self.cycle: int | None = None
        self._kept: dict[tuple[int, int], Feed] = {}

    def feed(self, number: int) -> Feed:
        """The batch of a pass.

        Args:
            number: of the pass, from 0; its random numbers follow from it, also where batches come again.
        """
        clock = self.net.clock
        place = number if self.cycle is None else number % self.cycle
        key = (clock.seed, place)
        if key not in self._kept:
            if len(self._kept) >= (self.cycle or self.keep):
                self._kept.clear()  # before the next is read, so that two are never held
            self._kept[key] = self.net.fetch(place)
        feed = self._kept[key]
        clock.batch = number
        if place == number:
            return feed
        return replace(feed, batch=number, number=None if feed.number is None else clock.on(self.net.device))

    def forget(self) -> None:
        """Read data again from now on: the net's data layers have changed."""
        self._kept.clear()
