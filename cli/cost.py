"""What a training run costs, for its summary and its folder, if the solver has a ``price_per_hour``."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from layerzoo.cli.duration import duration
from layerzoo.solver import Output

if TYPE_CHECKING:
    from layerzoo.ranks import Ranks
    from layerzoo.runs.cost import Cost
    from layerzoo.solver import Solver


class CostMeter(Output):
    """Measures the time of a run and records its cost, in the main process; a context manager.

    Where an exception ends the block, the cost is printed at once.

    Args:
        solver: trains in the block.
        ranks: the processes that train together.

    Attributes:
        lines: the lines of the summary, after the block; none without a price.
    """

    title = "the cost"

    def __init__(self, solver: Solver, ranks: Ranks) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._solver = solver
        self._ranks = ranks
        self._start = time.perf_counter()
        self._iteration: int | None = None

    def __enter__(self) -> Self:
        self._start = time.perf_counter()
        return self

    def started(self, iteration: int, tested: bool) -> None:
        """Note the first iteration, which a resume has set."""
        self._iteration = iteration

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        param = self._solver.param
        if not param.HasField("price_per_hour") or self._iteration is None:
            return
        from layerzoo.runs.cost import Cost, costs_of

        made = max(0, self._solver.iteration - self._iteration)
        machines = machines_of(self._ranks.count)
        seconds = time.perf_counter() - self._start
        samples = made * samples_of_iteration(self._solver)
        cost = Cost(param.price_per_hour, machines, seconds, made, samples)
        before = costs_of(self._solver.run_path)
        with suppress(OSError):  # the disk is full, or the folder was never made
            if self._solver.run_path.is_dir():
                cost.record(self._solver.run_path)
        self.lines = cost_lines([*before, cost])
        if error is not None:
            click.echo("\n".join(self.lines), err=True)


def machines_of(processes: int) -> int:
    """The number of machines that train together, by what the program that started the processes has set."""
    groups = os.environ.get("GROUP_WORLD_SIZE", "")
    local = os.environ.get("LOCAL_WORLD_SIZE", "")
    if processes > 1 and groups.isdecimal():
        return max(1, int(groups))
    return max(1, processes // int(local)) if processes > 1 and local.isdecimal() and int(local) else 1


def samples_of_iteration(solver: Solver) -> int:
    """The samples that an update of all processes sees: those of the largest data layer; 0 if unknown."""
    from layerzoo.data import DataLayer
    from layerzoo.optimizer import passes_of_iteration

    layers = [layer for layer in solver.net.data_layers if isinstance(layer, DataLayer)]
    ranks = solver.net.clock.ranks
    seen = [layer.batch_size * (ranks if layer.distributed else 1) for layer in layers]
    return int(max(seen, default=0) * passes_of_iteration(solver.param))


def cost_lines(costs: list[Cost]) -> list[str]:
    """The last cost in a line, and their sum if the run was started several times."""
    from layerzoo.runs.cost import amount

    last = costs[-1]
    where = f" on {last.machines} machines" if last.machines > 1 else ""
    line = f"cost: {amount(last.total)} ({duration(last.seconds)}{where} at {last.price_per_hour:g} an hour"
    if last.per_million_samples is not None:
        line += f"; {amount(last.per_million_samples)} per million samples"
    total = sum(one.total for one in costs)
    starts = [f"cost of all {len(costs)} starts of this run: {amount(total)}"] if len(costs) > 1 else []
    return [f"{line})", *starts]
