"""Search for the largest batch that fits into memory: by estimate, then by running train steps."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

from layerzoo.data import DataLayer
from layerzoo.engine.memory.estimate import MemoryEstimate, set_batch_size
from layerzoo.engine.strategies.whole_net import WholeNet
from layerzoo.errors import LayerzooError, UsageError
from layerzoo.memory.device import available_memory, is_out_of_memory
from layerzoo.optimizer import FullBatchRule
from layerzoo.solver.solver import Solver

_SHARE = 0.9
"""Share of the available memory that a run may use if no budget is given."""


@dataclass(frozen=True)
class Trial:
    """Result of one training step with a batch size.

    Attributes:
        batch_size: samples in a batch.
        estimated: estimated bytes of activations.
        measured: bytes that the step used in addition to params, gradients and history; None if it didn't
            fit, or can't be measured.
        seconds: time of the step; None if it didn't fit.
        fits: the step stayed within the budget.
    """

    batch_size: int
    estimated: int
    measured: int | None
    seconds: float | None
    fits: bool


class BatchSearch:
    """Searches for the largest batch, starting with powers of two.

    This changes the net's params.

    Args:
        solver: its net has data layers whose batch size can be changed.
        budget: bytes of memory for activations; None is nine tenths of the available memory.
        largest: upper limit of the search; None is the size of the data set.
        seconds: the search ends once a step took longer than this.

    Attributes:
        estimate: the memory estimate.
        by_estimate: the largest batch that fits, by the estimate.
        best: the largest batch that fitted in a trial; 0 before the first.

    Raises:
        UsageError: the net's batch size can't be changed, or the rule needs all data in one batch.
    """

    def __init__(
        self, solver: Solver, budget: int | None = None, largest: int | None = None, seconds: float = 30.0
    ) -> None:
        sources = [layer for layer in solver.net.data_layers if isinstance(layer, DataLayer)]
        if not sources or len(sources) != len(solver.net.data_layers):
            raise UsageError("the net has no data layer, or one whose batch_size can't be changed here")
        if isinstance(solver.run.rule, FullBatchRule):
            raise UsageError(f"{solver.run.rule.type_name} needs all data in one iteration")
        self.solver = solver
        solver.engine.guard = None  # the values are not used
        self.estimate: MemoryEstimate = solver.memory.estimate()
        available = available_memory(solver.device)
        self.budget = int(_SHARE * (available or 0)) if budget is None else budget
        if not self.budget:
            raise UsageError("the available memory is unknown on this system: give a budget")
        self.largest = largest or max(layer.epoch_size for layer in sources)
        self.seconds = seconds
        self.best = 0
        fixed = self.estimate.fixed - self.estimate.constant
        self.by_estimate = self.estimate.largest_batch(self.budget + fixed)

    def trials(self) -> Iterator[Trial]:
        """Try sizes one after the other: doubling, then bisecting up to the first that does not fit."""
        size, too_large = 1 << (max(1, min(self.estimate.batch_size, self.largest)).bit_length() - 1), 0
        while size > self.best and (not too_large or size < too_large):
            trial = self._try(size)
            yield trial
            if trial.fits:
                self.best = size
                if trial.seconds is not None and trial.seconds > self.seconds:
                    return
            else:
                too_large = size
            if too_large and self.best:
                # a resolution of an eighth: other programs on the device change the available memory by more
                size = (self.best + too_large) // 2
                if too_large - self.best <= max(1, self.best // 8):
                    return
            elif too_large:
                size //= 2
            else:
                size = min(2 * size, self.largest)

    def _try(self, batch_size: int) -> Trial:
        solver = self.solver
        estimated = self.estimate.constant + self.estimate.per_sample * batch_size
        if solver.device.type == "cpu" and estimated > 2 * self.budget:
            return Trial(batch_size, estimated, None, None, False)  # the system would start to swap
        set_batch_size(solver.net, batch_size)
        if isinstance(solver.engine.strategy, WholeNet):
            solver.engine.strategy.batches.forget()
        meter = _Meter(solver.device)
        begun = time.perf_counter()
        try:
            solver.engine.train_step(0, 0.0).item()
        except (RuntimeError, MemoryError, LayerzooError) as error:
            if not is_out_of_memory(error):
                raise UsageError(
                    f"the net doesn't run with a batch of {batch_size}: {error}; is its batch size fixed?"
                ) from None
            traceback.clear_frames(error.__traceback__)
            return Trial(batch_size, estimated, None, None, False)
        finally:
            solver.engine.outputs = []
            if solver.device.type == "cuda":
                torch.cuda.empty_cache()
        seconds, taken = time.perf_counter() - begun, meter.taken()
        return Trial(batch_size, estimated, taken, seconds, (taken or estimated) <= self.budget)


class _Meter:
    """Measures the peak of memory use since its construction."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
            self.before: int | None = torch.cuda.memory_allocated(device)
        else:
            self.before = _resident("VmRSS")
            with suppress(OSError):
                Path("/proc/self/clear_refs").write_text("5")  # resets the peak

    def taken(self) -> int | None:
        """The peak in bytes; None if it is unknown."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) - (self.before or 0)
        peak = _resident("VmHWM")
        return None if peak is None or self.before is None else max(0, peak - self.before)


def _resident(field: str) -> int | None:
    """A memory figure of this process, in bytes. Source: Linux's proc(5)."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:")), None)
