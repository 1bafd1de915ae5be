"""Progress bar and final summary of a training run."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from layerzoo.cli.duration import duration
from layerzoo.cli.progress import IterationBar
from layerzoo.solver import Displayed, Output, Scores, Solver

_REFRESH = 0.2


class Progress(Output):
    """A progress bar on a terminal; a context manager.

    A thread reads the solver's iteration at intervals, so that the bar doesn't slow the loop.
    """

    title = "the progress bar"

    def __init__(self, solver: Solver) -> None:
        super().__init__()
        self.solver = solver
        self._bar: IterationBar | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._refresh, daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def started(self, iteration: int, tested: bool) -> None:
        """Show the bar, from the first iteration, which a resume has set."""
        if sys.stderr.isatty():
            self._bar = IterationBar(self.solver.param.max_iter, iteration).__enter__()
            self._thread.start()

    def displayed(self, shown: Displayed) -> None:
        """Show the training loss."""
        if self._bar is not None:
            self._bar.show(loss=shown.loss)

    def tested(self, iteration: int, index: int, scores: Scores) -> None:
        """Show the outputs that are not losses, such as accuracy."""
        if self._bar is not None:
            single = {name: v[0] for name, v in scores.values.items() if len(v) == 1}
            self._bar.show(**{name: v for name, v in single.items() if not scores.weights[name]})

    def ended(self, iteration: int) -> None:
        """Remove the bar before the last log lines."""
        self._close()

    def _refresh(self) -> None:
        with self.effort:
            while not self._done.wait(_REFRESH):
                if self._bar is not None:
                    self._bar.advance_to(self.solver.iteration)

    def _close(self) -> None:
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()
        bar, self._bar = self._bar, None
        if bar is not None:
            with self.effort:
                bar.__exit__(None, None, None)


class Summary(Output):
    """Records the best value of each test output, and the last snapshot.

    Attributes:
        trained: whether the run had anything to do.
    """

    title = "the summary"

    def __init__(self) -> None:
        super().__init__()
        self.trained = False
        self.best: dict[str, tuple[float, int]] = {}
        self.path: Path | None = None

    def started(self, iteration: int, tested: bool) -> None:
        """Record that training began."""
        self.trained = True

    def tested(self, iteration: int, index: int, scores: Scores) -> None:
        """Record the best value of each output: the lowest of losses, the highest of others."""
        for name, values in scores.values.items():
            if len(values) != 1:
                continue
            shown = f"{name} of test net #{index}" if index else name
            value, (old, _) = values[0], self.best.get(shown, (None, 0))
            is_loss = bool(scores.weights[name])
            if old is None or (value < old if is_loss else value > old):
                self.best[shown] = (value, iteration)

    def saved(self, iteration: int, path: Path) -> None:
        """Record the path of the snapshot."""
        self.path = path

    def lines(self, solver: Solver, seconds: float) -> str:
        """The results of the run, in a few lines."""
        lines = [f"{solver.iteration} iterations in {duration(seconds)}"]
        lines += [f"best {name}: {v:.6g} at iteration {at}" for name, (v, at) in self.best.items()]
        if self.path:
            lines.append(f"weights: {self.path}/weights.safetensors")
            if (best := self.path.parent / "best").is_dir():
                lines.append(f"weights of the best test: {best}/weights.safetensors")
        if solver.run.train.stopping and self.path:
            lines.append("to resume: the same command with -resume auto")
        return "\n".join(lines)
