"""Log lines of Caffe's solver, which parsers of Caffe's logs read."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from layerzoo.log import number

log = logging.getLogger("layerzoo")


class Display:
    """Logs the progress of training, and the speed since the last display.

    Args:
        every: iterations between two displays.
    """

    def __init__(self, every: int) -> None:
        self._every = every
        self.begin(0)

    def begin(self, iteration: int) -> None:
        """Measure the speed from this iteration."""
        self._last = (iteration, time.perf_counter())

    def show(self, iteration: int, loss: float, outputs: Iterator[str], lr: float) -> None:
        """Log one display of the training net: loss, outputs, learning rate, in that order."""
        (last, then), now = self._last, time.perf_counter()
        self._last = (iteration, now)
        seconds = now - then
        rate = (iteration - last) / seconds if seconds else 0.0
        pace = f"({number(rate)} iter/s, {number(seconds)}s/{self._every} iters)"
        log.info("Iteration %d %s, loss = %s", iteration, pace, number(loss))
        for line in outputs:
            log.info("    Train net output %s", line)
        log.info("Iteration %d, lr = %s", iteration, number(lr))
