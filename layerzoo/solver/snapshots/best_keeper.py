"""Keep the weights of the best test of a run in its folder."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import torch

from layerzoo.errors import LayerzooError
from layerzoo.run_lock import check_lock
from layerzoo.snapshot import BEST, BestScore, Snapshot, find_best, write_best
from layerzoo.solver.snapshots.background import BackgroundWriter
from layerzoo.solver.snapshots.host_copy import HostCopy, NoRoomError, copied_snapshot
from layerzoo.solver.snapshots.run_state import RunState

log = logging.getLogger("layerzoo")


class BestKeeper:
    """Writes the weights of each test that is better than those before into ``best``.

    Args:
        folder: the run's folder.
        prefix: prefix of the run's files, which this process has locked.
        writer: writes them.
    """

    def __init__(self, folder: Path, prefix: str, writer: BackgroundWriter) -> None:
        self.folder = folder
        self.prefix = prefix
        self._writer = writer
        self._memory = HostCopy()
        self._writing = False
        self._held: BestScore | None = None
        self._looked = False

    def offer(self, state: RunState, choice: BestScore) -> None:
        """Write the weights of a test in the background, in the main process, if none before were better.

        Weights that can't be written, or that are not finite, are left out with a warning.
        """
        better = state.ranks.is_main and self._is_better(choice, state.train.iteration)
        if state.shards is not None:  # all gather the weights
            better = state.ranks.from_main(better)
        if not better:
            return
        iteration = state.train.iteration
        snapshot = state.weights_only()
        if not state.ranks.is_main:
            return
        blobs = [blob for blobs in snapshot.weights.values() for blob in blobs]
        if not all(bool(torch.isfinite(blob).all()) for blob in blobs):
            log.warning("The weights of iteration %d are not finite: not kept as the best", iteration)
            return
        try:
            check_lock(self.prefix)
            snapshot, _ = copied_snapshot(self._memory, snapshot)
        except NoRoomError as error:
            log.debug(
                "The best weights, of iteration %d, are not written in the background: %s", iteration, error
            )
            self._writer.run(lambda: self._write(snapshot, choice))
        except LayerzooError as error:
            _warn(iteration, error)
        else:
            self._writing = True
            self._writer.begin(lambda: self._write(snapshot, choice))

    def _is_better(self, choice: BestScore, iteration: int) -> bool:
        """Whether no weights that the folder holds, or gets now, are better."""
        if not choice.beats(self._held_by(iteration)):
            return False
        if self._writing:
            self._writer.settle(wait=True)
        return choice.beats(self._held)  # those before, if the ones in between could not be written

    def _write(self, snapshot: Snapshot, choice: BestScore) -> Callable[[], None]:
        """Write weights, in any thread; returns what follows."""
        problem: Exception | None = None
        try:
            self._memory.ready()
            write_best(self.folder, snapshot, choice)
        except (OSError, LayerzooError) as error:
            problem = error

        def then() -> None:
            self._writing = False
            if problem is None:
                self._held = choice
            else:
                _warn(snapshot.iteration, problem)

        return then

    def _held_by(self, iteration: int) -> BestScore | None:
        """What the folder holds, of a run that continues; weights later than the present are set aside."""
        if self._looked:
            return self._held
        self._looked = True
        try:
            found = find_best(self.folder)
        except LayerzooError as error:
            log.warning("%s", error)
            return None
        if found is not None and found.iteration <= iteration:
            self._held = found.choice
        return self._held


def _warn(iteration: int, error: Exception) -> None:
    log.warning("The best weights, of iteration %d, can't be written: %s", iteration, error)


def set_aside_best(folder: Path, iteration: int) -> None:
    """Rename the best weights of a run that resumes from an iteration before them."""
    try:
        found = find_best(folder, verified=False)
        if found is not None and found.iteration > iteration:
            aside = folder / f"{BEST}.aside"
            number = 1
            while aside.exists():
                number += 1
                aside = folder / f"{BEST}.aside.{number}"
            found.path.rename(aside)
            log.info("The best weights are of iteration %d; renamed to %s", found.iteration, aside.name)
    except (OSError, LayerzooError) as error:
        log.warning("%s: %s", folder / BEST, error)
