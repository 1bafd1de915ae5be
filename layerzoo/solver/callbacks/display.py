"""Log lines of Caffe's solver, which parsers of Caffe's logs read."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from typing import Final

from layerzoo.log import number

log = logging.getLogger("layerzoo")

_MUCH_WAITING: Final = 0.02
"""The share of time spent waiting for data above which it is logged."""


def lines_of_updates(iteration: int, updates: Mapping[str, dict[str, float]], lr: float) -> Iterator[str]:
    """Lines such as ``Iteration 100, discriminate loss = 0.69``, for each of several updates.

    Its rate follows where it isn't the solver's; not as "lr =", which parsers of logs take for the solver's.
    """
    for name, shown in updates.items():
        if "loss" in shown:
            yield f"Iteration {iteration}, {name} loss = {number(shown['loss'])}"
        if shown["lr"] != lr:
            yield f"Iteration {iteration}, {name} rate = {number(shown['lr'])}"


class Display:
    """Logs the progress of training, and the speed since the last display.

    Args:
        every: iterations between two displays.
    """

    def __init__(self, every: int) -> None:
        self._every = every
        self.begin(0)

    def begin(self, iteration: int, waited: float = 0.0) -> None:
        """Measure the speed from this iteration; ``waited`` are the seconds that data took until now."""
        self._last = (iteration, time.perf_counter(), waited)

    def show(
        self,
        iteration: int,
        loss: float,
        outputs: Iterator[str],
        lr: float,
        waited: float = 0.0,
        updates: Mapping[str, dict[str, float]] | None = None,
    ) -> float:
        """Log one display of the training net: loss, outputs, learning rate, in that order.

        Args:
            iteration, loss, outputs, lr, updates: see `Displayed`.
            waited: seconds that the net has waited for data, so far.

        Returns:
            the share of the time since the last display in which the net waited for data; a larger one than
            2 % is logged, but not that of the first display, which is due to opening the source.
        """
        (last, then, before), now = self._last, time.perf_counter()
        self._last = (iteration, now, waited)
        seconds = now - then
        share = min(1.0, max(0.0, waited - before) / seconds) if seconds else 0.0
        rate = (iteration - last) / seconds if seconds else 0.0
        pace = f"({number(rate)} iter/s, {number(seconds)}s/{self._every} iters)"
        log.info("Iteration %d %s, loss = %s", iteration, pace, number(loss))
        for line in lines_of_updates(iteration, updates or {}, lr):
            log.info("%s", line)
        for line in outputs:
            log.info("    Train net output %s", line)
        log.info("Iteration %d, lr = %s", iteration, number(lr))
        if share > _MUCH_WAITING and iteration > last:
            log.info("    Data wait: %.1f%% of the time", 100 * share)
        return share
