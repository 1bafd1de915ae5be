"""Run the trials of a plan: several at a time, with a journal, so that it goes on after a kill."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from layerzoo.atomic import remove_leftovers
from layerzoo.errors import LayerzooError, UsageError
from layerzoo.run_lock import RunLock, used_by
from layerzoo.threads import VARIABLE, processors, requested
from layerzoo.tune.check import CheckedPlan
from layerzoo.tune.journal import Journal, Trial
from layerzoo.tune.plan import Plan
from layerzoo.tune.running import RunningTrial, prefix_of, settings_of

POLL: Final = 0.2
"""Seconds between two looks at the trials that run."""
Told = Callable[[str, Trial], None]
"""Called with ``begins``, ``goes on``, ``ends`` or ``stops`` and the trial."""


class Tuning:
    """The trials of a plan.

    Args:
        plan: what is tuned.
        checked: what `check_plan` found.
        journal: the journal, in the folder of the tune.
        processes: number of trials at a time.
        flags: flags of ``layerzoo train`` that each trial has.
        gpus: GPUs that the trials take turns on; empty for those of the solver.
        tell: called when a trial begins or ends.

    Attributes:
        journal: see above.
        signals: the signals that asked to stop, in order.

    Raises:
        LayerzooError: the tune was begun with another plan or solver.
    """

    def __init__(
        self,
        plan: Plan,
        checked: CheckedPlan,
        journal: Journal,
        processes: int = 1,
        flags: Sequence[str] = (),
        gpus: Sequence[int] = (),
        tell: Told | None = None,
    ) -> None:
        self.journal, self.signals = journal, list[int]()
        self._plan, self._checked, self._flags = plan, checked, list(flags)
        self._gpus, self._tell = list(gpus), tell or (lambda what, trial: None)
        self._slots: list[RunningTrial | None] = [None] * processes
        self._search, self._pruning = plan.searcher(), plan.pruning()
        if journal.begun:
            check_same(journal, plan, checked)

    @property
    def folder(self) -> Path:
        """The folder of the tune."""
        return self.journal.path.parent

    def run(self, retry: bool = False) -> None:
        """Run all trials that have not ended, until a signal asks to stop.

        Args:
            retry: run failed trials again.

        Raises:
            RunLockedError: another process runs this tune.
            OSError: the journal can't be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with RunLock(str(self.folder / "tune")), self._listening():
            remove_leftovers(self.folder)
            if not self.journal.begun:
                self.journal.begin({"plan": self._plan.facts, "config": self._checked.config})
            due = self._due(retry)
            try:
                self._run(due)
            finally:
                for running in self._running():
                    running.kill()

    def _due(self, retry: bool) -> Iterator[int]:
        """The numbers of trials to run: those that had begun come first."""
        trials = self.journal.trials
        again = [number for number, trial in trials.items() if self._is_due(trial, retry)]
        yield from sorted(again)
        yield from (number for number in range(self._plan.trials) if number not in trials)

    def _is_due(self, trial: Trial, retry: bool) -> bool:
        return trial.state == "begun" or (retry and trial.state == "failed")

    def _run(self, due: Iterator[int]) -> None:
        left = True
        while left or self._running():
            for slot, running in enumerate(self._slots):
                if running is None and left and not self.signals:
                    number = next(due, None)
                    left = number is not None
                    if number is not None:
                        self._slots[slot] = self._start(number, slot)
                elif running is not None and running.has_ended():
                    self._slots[slot] = None
                    self._end(running)
                elif running is not None and self._pruning is not None and not running.stopped:
                    self._prune(running)
            if self.signals:
                left = False
                for running in self._running():
                    if len(self.signals) > 1:
                        running.kill()
                    elif not running.stopped:
                        running.stop()
            if self._running():
                time.sleep(POLL)

    def _prune(self, running: RunningTrial) -> None:
        """End a trial if it has a new value, and that is behind."""
        trials = list(self.journal.trials.values())
        if self._pruning is not None and running.update() and self._pruning.is_behind(running.trial, trials):
            running.prune()

    def _running(self) -> list[RunningTrial]:
        return [running for running in self._slots if running is not None]

    def _start(self, number: int, slot: int) -> RunningTrial:
        trial = self.journal.trials.get(number)
        goes_on = trial is not None
        if trial is None:
            values = self._search.propose(number, list(self.journal.trials.values()))
            trial = self.journal.trial_begins(number, values)
        trial.state, trial.message = "begun", ""
        while (user := used_by(prefix_of(self.folder, number))) and not self.signals:
            self._tell(f"waits for {user}", trial)  # of a tune that was killed; it ends with a snapshot
            time.sleep(1)
        self._tell("goes on" if goes_on else "begins", trial)
        flags = [*self._flags, *([f"-gpu={self._gpus[slot % len(self._gpus)]}"] if self._gpus else [])]
        settings = settings_of(self._plan, trial, self._checked.has_seed)
        return RunningTrial(trial, self._plan, self.folder, settings, flags, self._environment())

    def _end(self, running: RunningTrial) -> None:
        running.judge()
        if running.trial.state == "begun":
            self._tell("stops", running.trial)
            return
        self.journal.trial_ends(running.trial)
        self._tell("ends", running.trial)

    def _environment(self) -> dict[str, str]:
        """Trials that run at the same time share the processors."""
        count = len(self._slots)
        return {} if count == 1 or requested() else {VARIABLE: str(max(1, processors() // count))}

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Record SIGINT and SIGTERM instead of raising."""

        def note(number: int, frame: FrameType | None) -> None:
            self.signals.append(number)

        before: dict[int, Any] = {}
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                before[number] = signal.signal(number, note)
        except ValueError:  # not in the main thread
            pass
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def check_same(journal: Journal, plan: Plan, checked: CheckedPlan) -> None:
    """Check that a tune goes on with the plan and the solver that it was begun with.

    Raises:
        UsageError: with what has changed.
    """
    changes = [
        *_changes(journal.begun.get("plan", {}), plan.facts, str(plan.path)),
        *_changes(journal.begun.get("config", {}), checked.config, str(plan.solver)),
    ]
    if changes:
        shown = "\n".join(f"    {change}" for change in changes[:10])
        more = f"\n    and {len(changes) - 10} more" if len(changes) > 10 else ""
        raise UsageError(
            f"{journal.path.parent} was begun with another plan or solver:\n{shown}{more}\n"
            "    change that back to go on, or begin another tune with -out DIR"
        )
    proposed = plan.searcher()
    for number, trial in journal.trials.items():
        if plan.search != "tpe" and proposed.propose(number) != trial.values:
            raise LayerzooError(
                f"{journal.path}: trial {number} has other values than this search gives it; begin another "
                "tune with -out DIR"
            )


def _changes(before: dict[str, str], now: dict[str, str], file: str) -> list[str]:
    paths = dict.fromkeys((*before, *now))
    return [
        f"{file}: {path} was {before.get(path) or 'not given'}, now {now.get(path) or 'not given'}"
        for path in paths
        if before.get(path, "") != now.get(path, "")
    ]
