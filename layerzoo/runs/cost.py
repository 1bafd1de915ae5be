"""The cost of a run: its machines, their time, and the price of an hour."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from layerzoo.disk import LineFile

COSTS = "cost.jsonl"
"""The file of a run with a line for each time that it was started and has ended, killed ones excepted."""
_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Cost:
    """The cost of one start of a run, to its end or interruption.

    Attributes:
        price_per_hour: of one machine, in any currency.
        machines: their number.
        seconds: the time of training.
        iterations: updates made.
        samples: samples that the updates have seen; 0 if unknown.
    """

    price_per_hour: float
    machines: int
    seconds: float
    iterations: int = 0
    samples: int = 0

    @property
    def total(self) -> float:
        """The cost."""
        return self.price_per_hour * self.machines * self.seconds / 3600

    @property
    def per_million_samples(self) -> float | None:
        """The cost of a million samples; None if their number is unknown."""
        return self.total * 1e6 / self.samples if self.samples else None

    def record(self, run: Path) -> None:
        """Append it to the costs of a run.

        Raises:
            OSError: it can't be written.
        """
        row = {
            "cost": round(self.total, 6),
            "price_per_hour": self.price_per_hour,
            "machines": self.machines,
            "seconds": round(self.seconds, 3),
            "iterations": self.iterations,
            "samples": self.samples,
        }
        file = LineFile(run / COSTS)
        file.open()
        try:
            file.append(json.dumps(row, separators=(",", ":")))
            file.sync()
        finally:
            file.close()


def costs_of(run: Path) -> list[Cost]:
    """The costs of the starts of a run, in order; what can't be read is left out."""
    try:
        with (run / COSTS).open("rb") as file:
            lines = file.read(_MAX_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            row = json.loads(line)
            numbers = [float(row[name]) for name in ("price_per_hour", "machines", "seconds")]
            counts = [int(row.get(name, 0)) for name in ("iterations", "samples")]
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            continue
        if all(isfinite(number) and number >= 0 for number in numbers):
            found.append(Cost(numbers[0], int(numbers[1]), numbers[2], *counts))
    return found


def amount(cost: float) -> str:
    """Format an amount of money: two decimals, or two significant digits of a small one.

    >>> amount(12.3456), amount(0.00123), amount(0)
    ('12.35', '0.0012', '0.00')
    """
    return f"{cost:.2f}" if not 0 < cost < 0.1 else f"{cost:.2g}"
