"""Name the processes that are slower than the others, which wait for them in each iteration."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Final

from layerzoo.ranks import Ranks

log = logging.getLogger("layerzoo")

INTERVAL = 5.0
"""Seconds between two comparisons of the processes."""
_SLOWER: Final = 1.1
"""A process is slow if it computes longer than this, times the median of the others."""
_IN_A_ROW: Final = 3
"""Comparisons that must agree before something is logged."""
_CHANGED: Final = 0.1
"""A share of the run by which the cost must change before it is logged again."""


@dataclass(frozen=True)
class Slow:
    """A slow process.

    Attributes:
        rank: its number.
        own, others: seconds that it computes an iteration, and the median of the others.
        data: seconds of ``own`` in which it waited for data, more than the median of the others.
    """

    rank: int
    own: float
    others: float
    data: float

    @property
    def cost(self) -> float:
        """The share of the run that it costs."""
        return 1 - self.others / self.own


def find_slow(computed: Sequence[float], data: Sequence[float]) -> dict[int, Slow]:
    """The processes that are slower than the median of the others, by rank.

    Args:
        computed: seconds that each process computes an iteration, data included.
        data: those in which it waits for data.
    """
    found = {}
    for rank, own in enumerate(computed):
        others = median([*computed[:rank], *computed[rank + 1 :]])
        if own > _SLOWER * others:
            found[rank] = Slow(rank, own, others, data[rank] - median([*data[:rank], *data[rank + 1 :]]))
    return found


class Judgement:
    """Decides when slow processes are worth a line in the log: once, and again when that changes.

    Args:
        count: number of processes.
        machine: gives the name of a process's machine.
    """

    def __init__(self, count: int, machine: Callable[[int], str]) -> None:
        self._count, self._machine = count, machine
        self._recent: list[Mapping[int, Slow]] = []
        self._told: Mapping[int, float] = {}

    def observe(self, slow: Mapping[int, Slow]) -> str | None:
        """Take a comparison; returns the line to log, if there is one.

        Args:
            slow: from `find_slow`.
        """
        self._recent = [*self._recent[1 - _IN_A_ROW :], slow]
        ranks = {tuple(each) for each in self._recent}
        if len(self._recent) < _IN_A_ROW or len(ranks) > 1:
            return None
        if slow.keys() == self._told.keys() and not all(self._has_changed(each) for each in self._recent):
            return None
        told, self._told = self._told, {rank: each.cost for rank, each in slow.items()}
        if slow:
            return self._text(slow)
        names = " and ".join(str(rank) for rank in told)
        return f"Process {names} of {self._count} is no longer slow"

    def _has_changed(self, slow: Mapping[int, Slow]) -> bool:
        """Whether a process costs much more, or less, than was logged."""
        return any(abs(each.cost - self._told[rank]) >= _CHANGED for rank, each in slow.items())

    def _text(self, slow: Mapping[int, Slow]) -> str:
        worst = max(slow.values(), key=lambda each: each.own)
        data = ", since it waits for data" if worst.data > (worst.own - worst.others) / 2 else ""
        text = (
            f"Process {worst.rank} of {self._count} (machine {self._machine(worst.rank)}) is slow{data}: it "
            f"computes {_shown(worst.own)} an iteration, the others {_shown(worst.others)} in the median; it "
            f"costs {100 * worst.cost:.0f} % of the run"
        )
        others = [rank for rank in slow if rank != worst.rank]
        return f"{text}. Slow too: {', '.join(map(str, others))}" if others else text


class Pace:
    """Measures how long each process computes, and compares the processes every few seconds.

    What a process computes is the time of its iterations without that in which it waits for others. All of
    them compare after the same iterations. On a GPU, whose work goes on in the background, it is the time of
    the host.

    Args:
        ranks: the processes.
        waited: gives the seconds that this process has waited for data.
    """

    def __init__(self, ranks: Ranks, waited: Callable[[], float]) -> None:
        self._ranks, self._waited = ranks, waited
        self._judgement = Judgement(ranks.count, ranks.machine)
        self._window = 1
        self._iterations = 0
        self._computed = self._data = self._passed = 0.0

    @contextmanager
    def measured(self, iterations: int) -> Iterator[None]:
        """A block that makes a number of iterations."""
        if self._ranks.count == 1:
            yield
            return
        others, data, began = self._ranks.waited, self._waited(), time.perf_counter()
        yield
        passed = time.perf_counter() - began
        self._passed += passed
        self._computed += passed - (self._ranks.waited - others)
        self._data += self._waited() - data
        self._iterations += iterations
        if self._iterations >= self._window:
            self._compare()

    def _compare(self) -> None:
        made = self._iterations
        table = self._ranks.table([self._computed / made, self._data / made, self._passed])
        computed, data, passed = zip(*table, strict=True)
        longest = max(passed)  # the same in all processes, as what follows from it
        if longest > INTERVAL / 2 and self._ranks.is_main:
            line = self._judgement.observe(find_slow(computed, data))
            if line is not None:
                log.warning("%s", line)
        self._window = max(1, min(2 * made, math.ceil(INTERVAL * made / max(longest, 1e-9))))
        self._iterations = 0
        self._computed = self._data = self._passed = 0.0


def _shown(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
