"""A progress bar on stderr, shown only if stderr is a terminal.

Log lines are printed above the bar, unwrapped; a log file contains nothing of the bar.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from types import TracebackType
from typing import TYPE_CHECKING, Self

from layerzoo.streams import stderr_is_gone

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


class IterationBar:
    """A progress bar of iterations: their rate, the time left, and the last values of blobs.

    A context manager::

        with IterationBar(10000, done=5000) as bar:
            bar.advance_to(5001)
            bar.show(loss=0.25, accuracy=0.98)

    Args:
        iterations: the number of the last iteration.
        done: the iterations of the resumed run, which don't count for the rate.
        what: the title of the bar.
    """

    def __init__(self, iterations: int, done: int = 0, what: str = "Training") -> None:
        self._iterations, self._done, self._what = iterations, done, what
        self._values: dict[str, str] = {}
        self._progress: Progress | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            from layerzoo.cli.terminal import console

            screen = console(sys.stderr)
            self._progress = self._stack.enter_context(_bar(screen))
            self._stack.enter_context(printed_above(screen))
            self._progress.add_task(self._what, total=self._iterations, completed=self._done, values="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._progress = None

    def advance_to(self, iteration: int) -> None:
        """Set the number of finished iterations; cheap enough to call in each iteration."""
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=iteration)

    def show(self, **values: float) -> None:
        """Show values, such as ``loss`` and ``accuracy``, until they are replaced by name."""
        if self._progress is not None:
            self._values.update({name: f"{value:.4g}" for name, value in values.items()})
            text = "  ".join(f"{name} {value}" for name, value in self._values.items())
            self._progress.update(self._progress.task_ids[0], values=text)


@contextmanager
def printed_above(console: Console) -> Iterator[None]:
    """Print what is written to stderr, and to stdout on a terminal, above the bar of a console."""
    with ExitStack() as stack:
        for stream, redirect in ((sys.stderr, redirect_stderr), (sys.stdout, redirect_stdout)):
            if stream is not None and stream.isatty():
                above = _Above(console)
                stack.callback(above.finish)
                stack.enter_context(redirect(above))
        yield


class _Above(io.TextIOBase):
    """Prints complete lines above the bar of a console, without markup."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._incomplete = ""

    def write(self, text: str) -> int:
        if stderr_is_gone():  # drawing the bar anew under each line takes time
            return len(text)
        *lines, self._incomplete = (self._incomplete + text).split("\n")
        for line in lines:
            self._console.print(line, soft_wrap=True, markup=False, highlight=False, emoji=False)
        return len(text)

    def isatty(self) -> bool:
        return True

    def finish(self) -> None:
        """Print an incomplete last line."""
        if self._incomplete:
            self.write("\n")


def _bar(console: Console) -> Progress:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Iterations per second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.3g} iter/s" if speed else "", style="progress.data.speed")

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[values]}", style="cyan", markup=False),
        Rate(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=console,
        transient=True,
        speed_estimate_period=10,
        redirect_stderr=False,
        redirect_stdout=False,  # rich would read colours and links out of the text
    )
