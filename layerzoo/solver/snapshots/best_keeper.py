"""Keep the weights of the best test of a run in its folder."""

from __future__ import annotations

import logging
from pathlib import Path

import torch

from layerzoo.errors import LayerzooError
from layerzoo.run_lock import check_lock
from layerzoo.snapshot import BEST, BestScore, find_best, write_best
from layerzoo.solver.snapshots.run_state import RunState

log = logging.getLogger("layerzoo")


class BestKeeper:
    """Writes the weights of each test that is better than those before into ``best``.

    Args:
        folder: the run's folder.
        prefix: prefix of the run's files, which this process has locked.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder = folder
        self.prefix = prefix
        self._held: BestScore | None = None
        self._looked = False

    def offer(self, state: RunState, choice: BestScore) -> None:
        """Write the weights of a test, in the main process, if none before were better.

        Weights that can't be written, or that are not finite, are left out with a warning.
        """
        if not state.ranks.is_main or not choice.beats(self._held_by(state.train.iteration)):
            return
        iteration = state.train.iteration
        try:
            check_lock(self.prefix)
            snapshot = state.weights_only()
            blobs = [blob for blobs in snapshot.weights.values() for blob in blobs]
            if not all(bool(torch.isfinite(blob).all()) for blob in blobs):
                log.warning("The weights of iteration %d are not finite: not kept as the best", iteration)
                return
            write_best(self.folder, snapshot, choice)
        except (OSError, LayerzooError) as error:
            log.warning("The best weights, of iteration %d, can't be written: %s", iteration, error)
            return
        self._held = choice

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
