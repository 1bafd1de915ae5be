"""Progress bars of downloads, on stderr; shown only if stderr is a terminal."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import ExitStack
from functools import partial
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from layerzoo.streams import BestEffort

if TYPE_CHECKING:
    from rich.progress import Progress


class DownloadBars:
    """A progress bar for each file; a context manager whose `show` is the callback of the downloader."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._stack = ExitStack()
        self._tasks: dict[str, Any] = {}
        self._lock = Lock()
        report = partial(logging.getLogger("layerzoo").warning, "%s")
        self._effort = BestEffort("the progress bar", report, "the download continues without it")

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

            from layerzoo.cli.progress import printed_above
            from layerzoo.cli.terminal import console

            title = TextColumn("{task.description}", markup=False)
            columns = (title, BarColumn(), DownloadColumn(), TransferSpeedColumn())
            screen = console(sys.stderr)
            self._progress = Progress(
                *columns,
                console=screen,
                transient=True,
                redirect_stdout=False,  # rich would read colours and links out of the text
                redirect_stderr=False,
            )
            self._stack.enter_context(self._progress)
            self._stack.enter_context(printed_above(screen))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._effort:
            self._stack.close()
        self._progress = None

    def show(self, name: str, done: int, size: int) -> None:
        """Set the progress of a file to ``done`` of ``size`` bytes; thread-safe."""
        with self._lock, self._effort:
            if self._progress is None or self._effort.failed:
                return
            if name not in self._tasks:
                self._tasks[name] = self._progress.add_task(name, total=size)
            self._progress.update(self._tasks[name], completed=done)
